"""What people write in German, one situation a paragraph; see ``texts`` for the form."""

GERMAN = """
plumbing HIGH kitchen siphon
Wasser tritt unter der Küchenspüle aus
Unter der Spüle läuft Wasser aus dem Siphon, der Schrankboden ist schon aufgequollen. Ich habe einen Eimer daruntergestellt.
n Absperrhahn im Keller U2 ist zu, es läuft nichts mehr nach.
q Sind Sie heute bis 13 Uhr zu Hause, damit der Installateur in die Wohnung kommt?
a Ja, ich bin bis 13 Uhr da. Bitte bei Hämmerle klingeln, die obere Klingel geht nicht.
d Dichtung am Siphon gerissen, Überwurfmutter ersetzt. Schrankboden muss getrocknet werden, Fotos vorher und nachher anbei.
m Danke! Bitte noch die Feuchtemessung vom Schrankboden eintragen, dann kann ich abschließen.
t Alles dicht, vielen Dank für die schnelle Hilfe.

plumbing URGENT bath drain
Rohrbruch im Bad, Wasser läuft in die Wohnung darunter
Aus der Wand hinter dem Waschbecken spritzt Wasser, ich bekomme das Eckventil nicht zu. Unten tropft es bei den Nachbarn schon von der Decke.
m Der Hausmeister stellt gerade den Strang ab. Bitte räumen Sie alles vom Boden weg und schalten Sie im Bad den Strom aus.
w Bin in zwanzig Minuten da. Bitte die Wohnungstür offen lassen.
d Anschlussbogen gebrochen, Leitung auf 40 cm erneuert und abgedrückt. Wasser ist wieder an, Wand bleibt zwei Tage offen.
t Danke, das ging wirklich schnell.

plumbing MEDIUM bath drain
Dusche läuft nicht mehr ab
{since} steht das Wasser beim Duschen knöchelhoch. Rohrreiniger hat nichts gebracht.
q Ist nur die Dusche betroffen oder läuft auch das Waschbecken langsam ab?
a Nur die Dusche, das Waschbecken ist in Ordnung.
d Ablauf mit der Spirale gereinigt, Geruchsverschluss neu eingesetzt. Läuft wieder frei.

plumbing LOW bath drain
Spülkasten läuft ständig nach
Die Toilettenspülung hört nicht auf zu rieseln, man hört es vor allem nachts. Wasseruhr dreht sich auch ohne Verbrauch.
d Heberglocke und Dichtung getauscht, Füllstand neu eingestellt.
t Endlich Ruhe. Danke!

plumbing MEDIUM kitchen siphon
Wasserhahn in der Küche tropft
Der Einhebelmischer tropft {since} auch bei geschlossenem Griff, inzwischen ist es ein dünner Strahl.
w Kartusche ist bestellt, ich komme morgen Vormittag.
d Kartusche gewechselt, Perlator entkalkt.

plumbing HIGH laundry drain
Waschküche steht unter Wasser
Der Bodenablauf drückt Wasser hoch, sobald zwei Maschinen gleichzeitig abpumpen. Es steht etwa zwei Zentimeter hoch.
m Bitte vorerst keine Maschinen mehr starten, ich hänge einen Zettel auf.
d Grundleitung bis zum Revisionsschacht gespült, Flusensieb gesetzt. Raum ist trocken.

plumbing URGENT cellar siphon
Steigleitung im Keller undicht, Wasser auf dem Boden
Im Kellergang spritzt es aus einer Muffe an der Decke, direkt neben dem Zählerschrank. Es riecht schon modrig.
n Zählerschrank ist abgedeckt, Elektriker muss danach messen.
w Anfahrt läuft, zehn Minuten.
d Muffe ersetzt, Strang entlüftet. Elektrik geprüft und trocken.

plumbing LOW kitchen siphon
Warmwasser braucht sehr lange
In der Küche muss ich fast zwei Minuten laufen lassen, bis es warm wird. Früher ging das sofort.
q Ist das im Bad genauso?
a Im Bad wird es nach etwa zwanzig Sekunden warm, nur die Küche ist betroffen.
d Rückschlagventil klemmte, Zirkulation ist wieder eingestellt. 55 °C nach 15 Sekunden gemessen.

hvac URGENT stairs radiator
Heizungsausfall im 3. OG, Treppenhaus B
{since} sind alle Heizkörper im dritten Stock kalt. In der Wohnung unter uns ist ein Säugling, es sind nur noch 15 Grad.
m Der Notdienst ist verständigt. Zwei Heizlüfter stehen beim Hausmeister bereit.
w Umwälzpumpe von Strang B meldet Störung, ich brauche Zugang zum Technikraum.
d Pumpe getauscht und Strang entlüftet, Vorlauf 58 °C. Alle vier Wohnungen warm.

hvac HIGH living radiator
Heizkörper in der ganzen Wohnung kalt
Seit heute früh wird kein Heizkörper mehr warm, im Kinderzimmer sind es noch 16 Grad.
m Der Ausfall betrifft den ganzen Strang, der Notdienst ist unterwegs.
d Strang nach dem Tausch der Pumpe entlüftet, alle Heizkörper warm.

hvac HIGH bath radiator
Heizung und Handtuchtrockner ohne Funktion
Beides ist seit heute früh kalt. Das Thermostat steht auf fünf, aber es tut sich nichts.
m Der Ausfall betrifft den ganzen Strang, der Notdienst ist unterwegs.
d Strang nach dem Tausch der Pumpe entlüftet, Heizkörper und Handtuchtrockner warm.

hvac HIGH living radiator
Heizung im Wohnzimmer bleibt kalt
Der Heizkörper wird nur am Rohr warm, obwohl das Ventil ganz offen ist. Entlüften hat nichts geändert.
q Sind die anderen Räume warm?
a Ja, nur das Wohnzimmer ist kalt. Heute früh waren es dort 16 Grad.
d Ventilstift saß fest, gangbar gemacht und Thermostatkopf ersetzt.
t Es ist wieder gemütlich, danke.

hvac LOW bed radiator
Heizkörper gluckert die ganze Nacht
Im Schlafzimmer gluckert und klopft die Heizung, sobald die Nachtabsenkung endet. An Schlaf ist ab fünf nicht zu denken.
d Entlüftet und hydraulisch abgeglichen, das Klopfen ist weg.

hvac MEDIUM bath radiator
Handtuchheizkörper wird nicht warm
Im Bad bleibt der Handtuchheizkörper {since} kalt. Die Fußbodenheizung funktioniert.
d Schmutzfänger gereinigt, Ventil eingestellt.

hvac MEDIUM meeting aircon
Lüftung im Besprechungsraum laut und zugig
Der Auslass über dem Tisch pfeift so stark, dass man in Videokonferenzen kaum etwas versteht.
q Welcher Auslass ist es, der am Fenster oder der über der Tür?
a Der über der Tür, direkt neben dem Beamer.
d Klappe neu justiert und Filter gewechselt, jetzt 38 dB(A) am Tisch.

hvac HIGH desk aircon
Klimaanlage im Großraumbüro ausgefallen
Seit heute Mittag kühlt die Anlage nicht mehr, im Büro sind es 31 Grad. Zwölf Kolleginnen und Kollegen arbeiten hier.
m Wir bringen zwei mobile Geräte vorbei, die Kältefirma ist unterwegs.
d Kondensator war verschmutzt und hat abgeschaltet. Gereinigt, Druck geprüft, Anlage läuft.

electrical HIGH kitchen breaker
Sicherung fliegt sofort wieder raus
Sobald der Herd eingeschaltet wird, fliegt die Sicherung. Auch mit nur einer Platte.
q Ist ein anderes Gerät am selben Stromkreis angeschlossen?
a Nein, der Herd hängt allein an drei Sicherungen. Die mittlere löst aus.
d Klemme in der Herdanschlussdose verschmort, Dose und Leitung ersetzt, Isolationsmessung in Ordnung.

electrical MEDIUM living socket
Steckdose hängt aus der Wand
Die Doppelsteckdose neben dem Sofa hat sich gelöst, man sieht die Drähte. Ich habe Klebeband darübergemacht.
m Bitte die Sicherung für das Wohnzimmer ausgeschaltet lassen, bis jemand da war.
d Unterputzdose neu gesetzt, Steckdose ersetzt und gemessen.

electrical LOW stairs lamp
Licht im Treppenhaus geht zu früh aus
Zwischen dem zweiten und dritten Stock steht man nach wenigen Sekunden im Dunkeln. Für ältere Leute ist das gefährlich.
d Zeitschaltuhr auf drei Minuten gestellt und einen Bewegungsmelder ersetzt.

electrical LOW garage lamp
Beleuchtung in der Tiefgarage flackert
Die Röhren über den Stellplätzen 14 bis 20 flackern {since}, zwei sind ganz aus.
n Bitte gleich auf LED umrüsten, Angebot liegt vor.
d Sieben Röhren durch LED ersetzt, alte Vorschaltgeräte stillgelegt.

electrical MEDIUM hall breaker
Klingel und Gegensprechanlage ohne Funktion
Besuch kann nicht klingeln, der Türöffner summt auch nicht mehr. Bei den Nachbarn geht es noch.
d Leitung im Klingeltableau hatte Wackelkontakt, neu aufgelegt. Getestet mit Mieterin.
t Funktioniert, danke schön.

electrical MEDIUM tea socket
Kein Strom in der Teeküche
Kühlschrank und Kaffeemaschine sind aus, die Sicherung im Unterverteiler sitzt aber. Lebensmittel tauen auf.
w Ich bin ab 11 Uhr im Haus und schaue zuerst bei Ihnen vorbei.
d FI-Schutzschalter defekt, ersetzt und geprüft. Kaffeemaschine hatte Feuchtigkeit, bitte vor Gebrauch trocknen.

elevator URGENT lift lift
Person im Aufzug eingeschlossen
Der Aufzug steht zwischen Erdgeschoss und erstem Stock, eine ältere Dame ist drin. Sie ist ansprechbar, der Notruf meldet sich nicht.
m Die Befreiung ist unterwegs. Bitte bleiben Sie bei ihr und sprechen Sie mit ihr.
d Person nach 25 Minuten befreit. Türriegel ersetzt, Notrufmodul neu eingerichtet und Testruf quittiert.

elevator HIGH lift lift
Aufzug steht im Erdgeschoss und reagiert nicht
{since} geht der Aufzug nicht mehr, auf der Anzeige steht E 04. Im obersten Stock ist jemand auf den Rollstuhl angewiesen.
m Wir organisieren für den Nachmittag eine Tragehilfe, bis der Aufzug wieder läuft.
d Türlichtgitter verschmutzt und verstellt, gereinigt und justiert. Probefahrten ohne Fehler.

elevator MEDIUM lift lift
Aufzug hält nicht bündig
Im zweiten Stock bleibt die Kabine etwa drei Zentimeter zu tief stehen. Mit dem Kinderwagen ist das eine Stolperkante.
d Magnetschalter nachgestellt, Haltegenauigkeit wieder unter 5 mm.

structural MEDIUM bed wall
Schimmelbildung hinter der Schlafzimmerwand
In der Ecke hinter dem Schrank ist ein schwarzer Fleck, etwa so groß wie ein Teller. Wir lüften dreimal täglich.
q Könnten Sie uns ein Foto mit einem Maßstab schicken und notieren, wie warm es im Raum ist?
a Der Fleck misst 28 cm, Raumtemperatur 18 Grad, Luftfeuchte laut Gerät 68 Prozent.
n Außenecke, vermutlich Wärmebrücke. Fachfirma für Feuchtemessung anfragen.
d Befall entfernt, Wand behandelt und mit Silikatfarbe gestrichen. Messprotokoll liegt bei der Verwaltung.

structural HIGH lobby window
Glastür im Eingangsbereich gesprungen
Ein Paketwagen ist gegen die linke Scheibe gefahren, der Riss geht quer durch. Kleine Splitter liegen am Boden.
m Bitte nutzen Sie bis auf Weiteres den Hofeingang, die Scheibe wird gesichert.
w Notverglasung ist gesetzt, das Sicherheitsglas ist auf Maß bestellt.
d Neue VSG-Scheibe eingesetzt, Türschließer nachgestellt.

structural MEDIUM stairs window
Fenster im Treppenhaus schließt nicht mehr
Das Kippfenster zwischen erstem und zweitem Stock lässt sich nicht mehr verriegeln, es regnet herein.
d Ecklager gebrochen, ausgetauscht. Fenster läuft wieder leicht.

structural MEDIUM living window
Fenster zieht, Dichtung lose
Durch das große Fenster zieht es spürbar, die Gummidichtung hängt unten heraus.
d Dichtung auf ganzer Länge erneuert und Flügel eingestellt.
t Man merkt den Unterschied sofort.

structural HIGH living ceiling
Feuchter Fleck an der Decke wird größer
{since} ist an der Wohnzimmerdecke ein gelblicher Fleck, heute ist er doppelt so groß und fühlt sich weich an.
m Wir prüfen zuerst das Bad der Wohnung über Ihnen. Bitte nichts unter den Fleck stellen.
d Undichte Silikonfuge in der Wohnung darüber erneuert, Decke geöffnet und getrocknet. Malerarbeiten folgen nach der Trocknung.

structural LOW balcony wall
Fliese auf dem Balkon locker
Direkt vor der Balkontür wackelt eine Bodenfliese und am Rand fehlt die Fuge.
d Zwei Fliesen neu verlegt und verfugt, bitte 24 Stunden nicht betreten.

appliance MEDIUM kitchen appliance
Backofen heizt nicht mehr
Der mitvermietete Backofen bleibt kalt, nur das Licht geht an. Die Kochplatten funktionieren.
q Welches Gerät ist es? Das Typenschild sitzt innen am Türrahmen.
a Auf dem Schild steht HB 23 AB 520, Baujahr vermutlich 2016.
d Unterhitze durchgebrannt, Heizelement ersetzt und auf 200 °C geprüft.

appliance MEDIUM laundry appliance
Waschmaschine 2 schleudert nicht
Die linke Maschine bleibt beim Schleudern stehen und zeigt F21. Die Wäsche kommt tropfnass heraus.
d Kohlebürsten gewechselt, drei Probeläufe ohne Fehler.

appliance LOW kitchen appliance
Dunstabzug sehr laut
Der Abzug brummt auf jeder Stufe und zieht kaum noch Dampf ab.
d Motorlager geschmiert, Fettfilter ersetzt.

cleaning MEDIUM stairs floor
Treppenhaus nach Umzug stark verschmutzt
Nach dem Umzug im zweiten Stock liegen Holzspäne und Folien auf der Treppe, jemand ist fast ausgerutscht.
d Treppenhaus gekehrt und nass gewischt, Folien entsorgt.

cleaning LOW cellar floor
Sperrmüll im Kellergang
Vor den Kellerabteilen stehen eine Matratze und zwei Regale, der Fluchtweg ist nur noch halb so breit.
m Wir hängen eine Frist von drei Tagen aus, danach wird abgeholt.
d Gegenstände abgeholt, Fluchtweg frei.

cleaning HIGH lobby floor
Scherben und ausgelaufene Flüssigkeit im Eingang
Jemand hat eine Kiste Flaschen fallen lassen, der ganze Eingang klebt und überall liegen Scherben.
d Scherben beseitigt, Boden gereinigt und getrocknet.

cleaning MEDIUM wc floor
WC im Büro wurde nicht gereinigt
Die Reinigung war offenbar gestern nicht da, Papier und Seife sind leer, der Boden klebt.
d Nachreinigung erledigt, Verbrauchsmaterial aufgefüllt. Mit der Frühschicht besprochen.

security HIGH garage lock
Garagentor schließt nicht, Einfahrt steht offen
Das Rolltor bleibt auf halber Höhe stehen. Letzte Woche wurden bereits zwei Fahrräder gestohlen.
m Der Wachdienst fährt bis zur Reparatur zusätzliche Runden.
d Lichtschranke ausgerichtet und Endschalter ersetzt, Tor schließt wieder vollständig.

security MEDIUM lobby lock
Haustür fällt nicht mehr ins Schloss
Die Tür bleibt einen Spalt offen, wenn man sie nicht fest zuzieht. Abends standen schon Fremde im Flur.
d Obentürschließer eingestellt und Schließblech versetzt.

security LOW reception rack
Kamera am Nebeneingang zeigt kein Bild
Auf dem Monitor am Empfang ist Kamera 3 {since} schwarz.
d Netzwerkkabel war abgezogen, gesteckt und gesichert. Bild ist da.

keys_access MEDIUM hall lock
Wohnungsschlüssel im Schloss abgebrochen
Der Schlüssel ist beim Aufschließen abgebrochen, die Hälfte steckt noch. Ich komme über die Nachbarin hinein.
q Haben Sie noch einen zweiten Schlüssel, oder sollen wir gleich zwei nachbestellen?
a Einen habe ich noch, bitte einen nachbestellen.
d Rest entfernt, Zylinder ersetzt, drei Schlüssel übergeben.

keys_access LOW lobby lock
Briefkasten lässt sich nicht abschließen
Das Schloss dreht durch, jeder kann an unsere Post.
d Schloss getauscht, zwei Schlüssel im Umschlag übergeben.

keys_access MEDIUM desk lock
Zugangskarten für neue Mitarbeitende
Wir brauchen bis Montag vier Karten für den dritten Stock, die Namen stehen in der Liste bei Ihnen im Postfach.
d Vier Karten programmiert und am Empfang hinterlegt.

pest_control MEDIUM kitchen hedge
Ameisenstraße in der Küche
Vom Balkon bis zum Vorratsschrank läuft eine Ameisenstraße, auch frisch verpackte Lebensmittel sind betroffen.
q Sind Haustiere oder Kleinkinder im Haushalt? Dann verwenden wir andere Köder.
a Eine Katze, sonst niemand.
d Geschlossene Köderdosen gesetzt, Fuge an der Balkontür abgedichtet. Kontrolle in zwei Wochen.

pest_control HIGH cellar hedge
Ratte im Müllraum gesehen
Gestern Abend lief eine Ratte zwischen den Tonnen durch, unter der Tür ist ein Spalt.
d Köderstationen gesetzt, Türbürste montiert. Kontrollgang wöchentlich.

landscaping LOW garden hedge
Hecke ragt in den Gehweg
Mit dem Kinderwagen kommt man an der Hofausfahrt kaum noch vorbei.
d Hecke auf 1,60 m zurückgeschnitten, Schnittgut abgefahren.

landscaping MEDIUM garden hedge
Ast nach dem Sturm über dem Fahrradständer
Ein dicker Ast hängt angebrochen in der Linde, genau über den Fahrrädern.
m Bereich ist mit Flatterband abgesperrt.
d Ast abgetragen, Krone auf weitere Brüche kontrolliert.

it_network MEDIUM desk rack
WLAN im zweiten Stock bricht ständig ab
{since} verlieren alle Rechner alle paar Minuten die Verbindung, auch am Kabel.
d Switch im Etagenverteiler hatte einen defekten Lüfter und schaltete ab. Gerät getauscht.

general LOW hall lamp
Wohnungsübergabeprotokoll: fehlende Rauchmelder
Im Protokoll stehen drei Rauchmelder, es sind aber nur zwei montiert. Im Kinderzimmer fehlt einer.
d Rauchmelder nachgerüstet und Prüfprotokoll ergänzt.

general LOW building hedge
Frage zur Nebenkostenabrechnung
In der Abrechnung steht ein Posten für Gartenpflege, unser Haus hat aber gar keinen Garten. Können Sie das bitte prüfen?
m Ich habe die Belege angefordert und melde mich bis Ende der Woche.
d Der Posten betrifft die Begrünung im Hof, Beleg hängt an. Die Aufteilung wurde korrigiert.
"""
