"""The words by which files name kinds of units, ties, categories, priorities and ends."""

from typing import TypeVar

from ecopick.core.categories import CATEGORIES
from ecopick.domains.imports.readers import folded
from ecopick.domains.people.lifecycle import UnitRelationship
from ecopick.domains.property.models import UnitType
from ecopick.domains.tickets.lifecycle import TicketPriority, TicketStatus

V = TypeVar("V", bound=str)


def _table(values: dict[V, str]) -> dict[str, V]:
    return {folded(word): value for value, words in values.items() for word in words.split(",")}


UNIT_TYPES = _table(
    {
        UnitType.APARTMENT: "apartment,flat,wohnung,appartement,logement,appartamento,alloggio",
        UnitType.OFFICE: "office,büro,buero,bureau,ufficio,praxis,gewerbe",
        UnitType.PARKING: "parking,parking space,stellplatz,parkplatz,tiefgaragenplatz,garage,"
        "place de parc,parcheggio,posto auto",
        UnitType.STORAGE: "storage,storage room,keller,kellerabteil,lager,cave,cantina,deposito",
        UnitType.RETAIL: "retail,shop,laden,ladenlokal,magasin,commerce,negozio",
        UnitType.COMMON_AREA: "common area,common,gemeinschaftsfläche,treppenhaus,allgemein,"
        "partie commune,area comune,parti comuni",
        UnitType.AMENITY: "amenity,shared facility,gemeinschaftsraum,waschküche,"
        "équipement commun,servizio comune",
        UnitType.ROOFTOP: "rooftop,roof,dach,toit,tetto",
        UnitType.OTHER: "other,other unit,andere,sonstige,sonstiges,autre,altro",
    }
) | {folded(each.value): each for each in UnitType}
RELATIONSHIPS = _table(
    {
        UnitRelationship.RESIDENT: "resident,tenant,bewohner,bewohnerin,mieter,mieterin,"
        "occupant,locataire,residente,inquilino,inquilina",
        UnitRelationship.OWNER: "owner,eigentümer,eigentümerin,propriétaire,proprietario,"
        "proprietaria",
        UnitRelationship.PARKING: "parking,stellplatz,parkplatz,parcheggio",
        UnitRelationship.WORKSPACE: "workspace,work,arbeitsplatz,poste de travail,"
        "postazione di lavoro",
    }
)
TICKET_CATEGORIES = _table(
    {
        "plumbing": "plumbing,sanitär,wasser,sanitaire,plomberie,idraulica,sanitari",
        "electrical": "electrical,elektro,strom,électricité,elettricità",
        "hvac": "hvac,heating,heizung,klima,lüftung,chauffage,riscaldamento",
        "elevator": "elevator,lift,aufzug,ascenseur,ascensore",
        "cleaning": "cleaning,reinigung,nettoyage,pulizia",
        "security": "security,sicherheit,sécurité,sicurezza",
        "structural": "structural,bau,gebäude,bâtiment,struttura",
        "appliance": "appliance,gerät,geräte,appareil,elettrodomestici",
        "pest_control": "pest control,schädlinge,nuisibles,disinfestazione",
        "it_network": "it,network,netzwerk,internet,informatique,rete",
        "landscaping": "landscaping,garten,aussenanlage,jardin,giardino",
        "keys_access": "keys,access,schlüssel,zugang,clés,accès,chiavi,accesso",
        "general": "general,allgemein,sonstiges,général,généralités,generale,altro",
    }
) | {folded(each): each for each in CATEGORIES}
PRIORITIES = _table(
    {
        TicketPriority.LOW: "low,niedrig,gering,basse,faible,bassa,4",
        TicketPriority.MEDIUM: "medium,normal,mittel,moyenne,normale,media,3",
        TicketPriority.HIGH: "high,hoch,haute,élevée,alta,2",
        TicketPriority.URGENT: "urgent,dringend,notfall,urgente,1",
    }
)
# What is over: tickets that still run are not taken over.
ENDS = _table(
    {
        TicketStatus.CLOSED: "closed,resolved,done,finished,completed,erledigt,abgeschlossen,"
        "geschlossen,gelöst,archiviert,clos,clôturé,résolu,terminé,chiuso,risolto,completato,"
        "archiviato",
        TicketStatus.CANCELLED: "cancelled,canceled,rejected,storniert,abgebrochen,abgelehnt,"
        "annulé,refusé,annullato,rifiutato",
    }
)
