"""Small sentences in four languages that are not tied to one situation."""

SINCE = {
    "de": ("seit gestern Abend", "seit heute früh", "seit dem Wochenende", "seit zwei Tagen", "seit Montag"),
    "en": ("since yesterday evening", "since this morning", "since the weekend", "for two days", "since Monday"),
    "fr": ("depuis hier soir", "depuis ce matin", "depuis le week-end", "depuis deux jours", "depuis lundi"),
    "it": ("da ieri sera", "da stamattina", "dal fine settimana", "da due giorni", "da lunedì"),
}  # fmt: skip

# How to get in; only with private rooms.
ACCESS = {
    "de": (
        "Bitte vorher anrufen, werktags bin ich ab 16 Uhr zu Hause.",
        "Schlüssel liegt beim Hausmeister, Zutritt auch ohne mich erlaubt.",
        "Bis 13 Uhr zu Hause. Bitte zweimal klingeln, die Klingel ist leise.",
        "Hund in der Wohnung, bitte nur mit Termin.",
    ),
    "en": (
        "Please call before coming, I am usually in after four.",
        "The caretaker has a key and may come in without me.",
        "At home until one o'clock. Please ring twice.",
    ),
    "fr": (
        "Merci d’appeler avant, je suis là à partir de 17 h.",
        "Le gardien a une clé et peut entrer en mon absence.",
        "Présente jusqu’à 13 h, code d’entrée 4B72.",
    ),
    "it": (
        "In casa dopo le 14, meglio avvisare con una telefonata.",
        "Il custode ha le chiavi e può entrare anche senza di me.",
        "Suonare al secondo citofono, il primo non funziona.",
    ),
}  # fmt: skip

DECLINED = {
    "de": (
        "Diese Woche ist kein Techniker frei.",
        "Das Gerät ist von einem anderen Hersteller, dafür sind wir nicht zugelassen.",
        "Heute wegen Krankheit nicht möglich.",
    ),
    "fr": (
        "Aucun technicien disponible avant la semaine prochaine.",
        "Cette installation n’est pas couverte par notre agrément.",
    ),
    "it": (
        "Nessun tecnico disponibile fino a lunedì.",
        "Impianto di un altro costruttore, non abbiamo l’abilitazione.",
        "Squadra già impegnata fuori città.",
    ),
    "en": ("No technician free this week.", "We are not certified for this make."),
}  # fmt: skip

CANCELLED = {
    "de": (
        "Von selbst erledigt, Mieterin hat sich gemeldet.",
        "Doppelt gemeldet, siehe das ältere Ticket.",
        "Gehört dem Mieter selbst, Mieter kümmert sich.",
    ),
    "en": ("Reported twice, see the earlier ticket.", "Resolved itself, the tenant confirmed."),
    "fr": ("Signalé deux fois, voir la demande précédente.", "Réglé entre-temps par le locataire."),
    "it": ("Segnalato due volte, si veda il ticket precedente.", "Risolto nel frattempo dall’inquilino."),
}  # fmt: skip

REVIEWED = {
    "de": (
        "Guten Tag, danke für Ihre Meldung. Wir kümmern uns darum und halten Sie auf dem Laufenden.",
        "Vielen Dank für die genaue Beschreibung, der Auftrag ist vergeben.",
        "Danke, ist bei uns eingegangen. Sie hören von uns, sobald der Termin steht.",
    ),
    "en": (
        "Thank you for reporting this. The job has been passed on, we will keep you posted.",
        "Thanks, received. You will hear from us as soon as there is an appointment.",
    ),
    "fr": (
        "Bonjour, merci de votre signalement. Nous nous en occupons et vous tenons au courant.",
        "Merci, c’est bien reçu. Nous vous confirmons le rendez-vous dès que possible.",
    ),
    "it": (
        "Buongiorno, grazie della segnalazione. L’incarico è stato affidato, la teniamo aggiornata.",
        "Grazie, segnalazione ricevuta. Le confermiamo l’appuntamento appena possibile.",
    ),
}  # fmt: skip

ASKED = {
    "de": ("Wann sind Sie in den nächsten Tagen zu Hause, damit wir einen Termin machen können?",),
    "en": ("When could someone let us in over the next few days?",),
    "fr": ("Quand seriez-vous disponible ces prochains jours pour un rendez-vous ?",),
    "it": ("Quando possiamo passare nei prossimi giorni?",),
}

PARTS = {
    "de": ("Ersatzteil ist bestellt, Lieferung voraussichtlich übermorgen.", "Der Hersteller prüft die Gewährleistung, ich warte auf die Freigabe."),
    "en": ("Spare part ordered, expected the day after tomorrow.",),
    "fr": ("Pièce commandée, livraison prévue après-demain.",),
    "it": ("Ricambio ordinato, arrivo previsto dopodomani.", "Attendo conferma dal produttore per la garanzia."),
}  # fmt: skip

THANKS = {
    "de": ("Hat alles geklappt, danke.", "Danke, ist erledigt.", "Prima, vielen Dank."),
    "en": ("All good, thank you.", "Fixed, thanks.", "That was quick, thank you."),
    "fr": ("C’est réglé, merci.", "Tout fonctionne, merci beaucoup.", "Merci pour la rapidité."),
    "it": ("Tutto a posto, grazie.", "Risolto, grazie mille.", "Grazie per la rapidità."),
}

RATINGS = {
    5: ("Pünktlich, sauber, gut dokumentiert.", "On time and tidy.", "Intervention soignée et rapide.", "Preciso e veloce."),
    4: ("Gute Arbeit, Rückmeldung kam etwas spät.", "Good work, photos could be sharper.", "", "Lavoro ben fatto."),
    3: ("Zweiter Termin nötig gewesen.", "Late without notice, but fixed.", "", "Arrivati in ritardo."),
    2: ("Erst nach zweimaliger Nachfrage gekommen.", "Had to chase twice.", "Rendez-vous manqué.", ""),
}  # fmt: skip

# Notifications: title by type and language.
NOTICES = {
    "ticket_created": {
        "de": "Neue Meldung: {title}", "en": "New request: {title}",
        "fr": "Nouvelle demande : {title}", "it": "Nuova segnalazione: {title}",
    },
    "ticket_assigned": {
        "de": "Auftrag für Sie: {title}", "en": "Assigned to you: {title}",
        "fr": "Mandat pour vous : {title}", "it": "Incarico per Lei: {title}",
    },
    "ticket_status_changed": {
        "de": "Neuer Stand: {title}", "en": "Status changed: {title}",
        "fr": "Nouvel état : {title}", "it": "Nuovo stato: {title}",
    },
    "ticket_message": {
        "de": "{name} schreibt: {title}", "en": "{name} wrote: {title}",
        "fr": "Message de {name} : {title}", "it": "Messaggio di {name}: {title}",
    },
    "assignment_response": {
        "de": "{name} hat angenommen: {title}", "en": "{name} accepted: {title}",
        "fr": "{name} a accepté : {title}", "it": "{name} ha accettato: {title}",
    },
    "sla_breached": {
        "de": "Überfällig: {title}", "en": "Past due: {title}",
        "fr": "En retard : {title}", "it": "Scaduto: {title}",
    },
    "opportunity_published": {
        "de": "Offener Auftrag: {title}", "en": "Open job: {title}",
        "fr": "Mandat ouvert : {title}", "it": "Incarico aperto: {title}",
    },
}  # fmt: skip

# Lines of an invoice: travel, work, material.
BILL = {
    "de": ("Anfahrt", "Arbeitszeit", "Kleinmaterial"),
    "en": ("Call-out", "Labour", "Materials"),
    "fr": ("Déplacement", "Main-d’œuvre", "Fournitures"),
    "it": ("Uscita", "Manodopera", "Materiale"),
}

# What management finds wrong with one.
DISPUTES = {
    "de": "Die Anfahrt steht zweimal auf der Rechnung. Bitte korrigieren.",
    "en": "The call-out is billed twice. Please correct it.",
    "fr": "Le déplacement est facturé deux fois. Merci de corriger.",
    "it": "L’uscita è fatturata due volte. Si prega di correggere.",
}

FILES = {
    "de": ("vorher", "nachher", "foto"),
    "en": ("before", "after", "photo"),
    "fr": ("avant", "apres", "photo"),
    "it": ("prima", "dopo", "foto"),
}
