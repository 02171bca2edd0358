// The page's behaviour, one module a concern. Everything works without them; they save time.
import "./theme.js";
import "./session.js";
import "./htmx-setup.js";
import "./forms.js";
import "./codes.js";
import "./toasts.js";
import "./time.js";
import "./overlays.js";
import "./rows.js";
import "./views.js";
import "./palette.js";
import "./keys.js";
import "./uploads.js";
import "./composer.js";
import "./lightbox.js";
import "./live.js";
import "./panels.js";
