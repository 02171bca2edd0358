"""Starting and stopping what Ecopick consists of: servers, processes, data folder."""
