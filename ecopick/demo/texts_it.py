"""What people write in Italian, one situation a paragraph; see ``texts`` for the form."""

ITALIAN = """
electrical MEDIUM kitchen breaker
Salvavita che scatta di continuo in cucina
Scatta appena si accende il forno, anche con gli altri apparecchi staccati.
q È in casa oggi pomeriggio? L’elettricista avrebbe bisogno di circa un’ora.
a Sì, sono in casa dopo le 14.
d Dispersione sulla resistenza del forno e morsetto allentato nel quadro. Morsetto rifatto, differenziale provato.
t Perfetto, ora funziona tutto. Grazie.

plumbing HIGH bath ceiling
Perdita d’acqua dal soffitto del bagno
{since} gocciola dal soffitto proprio sopra la lavatrice, la macchia si allarga a vista d’occhio.
m Abbiamo avvisato l’appartamento di sopra di non usare la doccia.
w Sono dal vicino di sopra, cerco il punto della perdita.
d Sostituito il tratto di scarico della doccia di sopra. Il soffitto va fatto asciugare una decina di giorni.

plumbing URGENT bath siphon
Tubo rotto, il bagno si sta allagando
È saltato il flessibile del lavandino e non riesco a chiudere il rubinetto generale. L’acqua arriva già nel corridoio.
m Il custode sta salendo a chiudere la colonna. Stacchi la corrente del bagno, per favore.
d Flessibile e rubinetto d’arresto sostituiti, impianto provato. Pavimento asciugato.
t Siete stati velocissimi, grazie davvero.

plumbing MEDIUM kitchen siphon
Lavello che non scarica
L’acqua ristagna nel lavello {since} e torna su un cattivo odore.
d Sifone smontato e pulito, tubazione spurgata per quattro metri.

plumbing LOW bath drain
Sciacquone che perde
Si sente un filo d’acqua continuo nella tazza, giorno e notte.
d Sostituita la guarnizione della batteria, regolato il galleggiante.

plumbing MEDIUM wc drain
Bagno degli uomini intasato
Al piano uno dei due water è intasato e l’altro scarica a fatica. Abbiamo messo un cartello.
d Colonna liberata con la sonda, provati tutti gli scarichi del piano.

plumbing HIGH tea siphon
Perdita sotto il lavello dell’area ristoro
C’è acqua sul pavimento sotto la lavastoviglie, abbiamo messo degli stracci ma continua.
q Riuscite a chiudere il rubinetto dietro la lavastoviglie?
a Sì, chiuso. Adesso gocciola soltanto.
d Sostituito il raccordo di carico e la fascetta dello scarico, nessuna perdita dopo due cicli.

hvac MEDIUM meeting aircon
Climatizzatore rumoroso nella sala riunioni
Fa un ronzio metallico continuo, in videoconferenza ci chiedono ogni volta che cos’è.
q Il rumore c’è anche a velocità minima?
a Sì, cambia solo il tono. Al massimo vibra anche il controsoffitto.
d Ventola sbilanciata per un supporto rotto: supporto sostituito, filtri puliti.

hvac HIGH desk aircon
Aria condizionata ferma in tutto il piano
Da stamattina l’impianto soffia aria calda, in open space ci sono 30 gradi.
m La ditta è già in zona, arriva entro un’ora. Nel frattempo portiamo due ventilatori.
d Compressore in blocco per alta pressione, condensatore pulito e gas reintegrato. Mandata a 13 gradi.

hvac MEDIUM living radiator
Termosifone freddo in soggiorno
Il radiatore si scalda solo nella parte bassa, ho già provato a sfiatarlo.
d Valvola termostatica bloccata, sostituita; impianto riequilibrato.

hvac HIGH plant radiator
Caldaia condominiale in blocco
Acqua fredda in tutti gli appartamenti {since}. In bacheca non c’è nessun avviso.
m Tecnico chiamato, aggiorno tutti appena so qualcosa.
w Manca pressione all’impianto, sto cercando la perdita.
d Vaso di espansione sostituito, pressione a 1,6 bar. Acqua calda di nuovo disponibile.

hvac LOW reception aircon
Getto d’aria fredda sulla postazione
La bocchetta sopra il banco soffia direttamente sulle colleghe, chiediamo di orientarla.
d Deflettori orientati verso il corridoio, portata ridotta del 20 per cento.

hvac MEDIUM tea aircon
Cattivo odore dalle bocchette
Quando parte l’impianto al mattino c’è odore di muffa in tutta l’area ristoro.
d Vaschetta della condensa pulita e disinfettata, filtri nuovi.

electrical HIGH desk breaker
Metà ufficio senza corrente
Si è spenta la fila di scrivanie lato cortile, prese e luci. Il quadro al piano sembra a posto.
q Ci sono apparecchi nuovi collegati da oggi?
a Solo un plotter, l’abbiamo staccato ma non cambia nulla.
d Magnetotermico guasto nel quadro di zona, sostituito e verificato l’assorbimento.
t Tutto ok, grazie.

electrical LOW stairs lamp
Luce delle scale bruciata
Al secondo piano è buio da giorni, la sera bisogna usare il telefono.
d Sostituite due lampade e il relè delle scale.

electrical MEDIUM meeting socket
Prese della sala riunioni senza tensione
Le torrette a pavimento non danno corrente, ricarichiamo i portatili con una prolunga.
d Connettore sotto pavimento staccato, ricollegato e fissato.

electrical LOW garage lamp
Neon che sfarfalla in autorimessa
Vicino ai posti 8 e 9 il neon sfarfalla {since}, dà molto fastidio a chi parcheggia.
d Plafoniera sostituita con una a LED.

electrical MEDIUM living socket
Presa che fa scintille
Quando inserisco la spina del televisore si vede una scintilla e si sente odore di bruciato.
m Non usi la presa e abbassi l’interruttore del soggiorno, per favore.
d Presa e tratto di cavo sostituiti, serraggi controllati anche nelle altre scatole.

electrical MEDIUM hall breaker
Citofono muto
Suonano dalla strada ma in casa non si sente nulla, e la serratura non scatta.
d Cornetta sostituita e linea ripristinata, provato con l’inquilino.

elevator URGENT lift lift
Persone bloccate in ascensore
L’ascensore si è fermato tra il secondo e il terzo piano con due persone dentro. Stanno bene ma fa molto caldo.
m La squadra arriva in quindici minuti, restiamo in contatto con le persone in cabina.
d Persone liberate, sostituito il contatto di porta al secondo piano, collaudo effettuato.

elevator HIGH lift lift
Ascensore fuori servizio
Non risponde a nessuna chiamata {since}. All’ultimo piano c’è chi si muove con le stampelle.
w Scheda di manovra in errore, procuro il ricambio in giornata.
d Scheda sostituita, venti corse di prova senza errori.

elevator MEDIUM lift lift
Porte dell’ascensore che sbattono
Le porte si chiudono di colpo e si riaprono due o tre volte prima di partire.
d Regolata la chiusura e pulita la barriera ottica.

elevator LOW lift lift
Pulsante del piano che non si illumina
Il pulsante del terzo piano funziona ma la luce è spenta, chi non vede bene si confonde.
d Sostituita la pulsantiera del piano.

structural MEDIUM living window
Finestra che non si chiude
La maniglia gira a vuoto e l’anta resta accostata, con il vento si apre.
d Cremonese sostituita, anta registrata.

structural HIGH lobby window
Vetro dell’atrio incrinato
Il vetro accanto alla porta d’ingresso ha una crepa che parte dal basso, si sente scricchiolare.
m Area transennata, si passa dall’ingresso laterale.
d Vetro stratificato sostituito, silicone rifatto.

structural MEDIUM desk ceiling
Pannello del controsoffitto che cede
Un pannello sopra le stampanti si è imbarcato e ha una macchia scura al centro.
q Il pannello è bagnato al tatto?
a Un po’ umido, ma non gocciola.
d Condensa da un tubo non isolato: tubo coibentato, tre pannelli cambiati.

structural LOW stairs wall
Intonaco che si stacca sulle scale
Tra il primo piano e il pianerottolo cadono pezzi di intonaco, ogni mattina ce n’è per terra.
d Intonaco rimosso dove era distaccato, rasato e tinteggiato.

structural MEDIUM bed wall
Muffa nell’angolo della camera
È comparsa una macchia nera dietro l’armadio, arieggiamo tutti i giorni.
q Potrebbe mandarci una foto e dirci che umidità c’è nella stanza?
a L’igrometro segna 71 per cento, temperatura 18 gradi.
d Parete trattata e tinteggiata con pittura traspirante, consigliato di staccare l’armadio di cinque centimetri.

structural LOW balcony wall
Ringhiera del balcone allentata
Sul lato sinistro la ringhiera balla se ci si appoggia.
d Tasselli rifatti con resina, tenuta verificata.

appliance MEDIUM tea appliance
Lavastoviglie dell’area ristoro in errore
Dà errore E15 e non scarica, dentro c’è ancora l’acqua.
d Pompa liberata da un tappo di plastica, vaschetta asciugata, ciclo completo ok.

appliance LOW tea appliance
Frigorifero che fa ghiaccio
Il frigorifero in comune si riempie di brina e lo sportello non si chiude bene.
d Guarnizione sostituita, sbrinato e regolato.

appliance MEDIUM kitchen appliance
Piano a induzione che si spegne
Dopo qualche minuto le due zone a sinistra si spengono da sole.
d Ventola di raffreddamento bloccata, pulita e provata per trenta minuti.

cleaning MEDIUM wc floor
Pulizia dei bagni insufficiente
Da due giorni mancano sapone e carta, e il pavimento è appiccicoso già al mattino.
d Pulizia straordinaria eseguita, passaggio del pomeriggio ripristinato.

cleaning LOW garden floor
Cestini del cortile stracolmi
I cestini non vengono svuotati da venerdì, il vento porta le carte ovunque.
d Cestini svuotati e cortile spazzato.

cleaning HIGH reception floor
Caffè rovesciato all’ingresso, pavimento scivoloso
Si è rovesciato un intero carrello del catering davanti ai tornelli, una visitatrice è scivolata senza farsi male.
d Pavimento lavato e asciugato, segnaletica rimossa.

security HIGH lobby lock
Porta d’ingresso che non si blocca di notte
L’elettroserratura non tiene: questa mattina la porta era aperta alle sei.
m Per stanotte abbiamo chiesto una ronda in più.
d Elettroserratura e alimentatore sostituiti, orari verificati.

security MEDIUM desk rack
Lettore badge che non riconosce le tessere
Al quarto piano il lettore lampeggia rosso con tutti, entriamo dalle scale.
q È successo dopo l’aggiornamento di ieri sera?
a Sì, ieri pomeriggio funzionava ancora.
d Centralina riallineata e configurazione caricata di nuovo, provate dieci tessere.

security LOW garage rack
Telecamera dell’autorimessa sfocata
L’immagine è lattiginosa, le targhe non si leggono.
d Vetrino pulito e messa a fuoco regolata.

keys_access LOW lobby lock
Cassetta postale con serratura rotta
La chiave gira a vuoto, la posta resta accessibile a chiunque passi.
d Serratura cambiata, consegnate due chiavi.

keys_access MEDIUM desk lock
Badge per tre nuovi colleghi
Da lunedì arrivano tre persone, servono i badge per il piano e per l’autorimessa.
d Tre badge programmati e lasciati in reception.
t Ritirati, grazie.

keys_access HIGH hall lock
Serratura di casa bloccata
La chiave entra ma non gira, sono fuori con la bambina.
m Resti pure in portineria, il fabbro arriva in mezz’ora.
d Cilindro sostituito senza danni alla porta, consegnate tre chiavi.

pest_control MEDIUM tea hedge
Formiche nell’area ristoro
C’è una fila di formiche dal battiscopa alla macchina del caffè.
d Trattamento in gel e fessura sigillata, controllo fra dieci giorni.

pest_control MEDIUM cellar hedge
Blatte nelle cantine
Ne ho viste quattro vicino al contatore, di sera appena si accende la luce.
d Disinfestazione eseguita, trappole di controllo posate.

landscaping LOW garden hedge
Siepe che copre la telecamera del cancello
La siepe è cresciuta davanti alla telecamera e al citofono.
d Siepe potata e verde portato via.

landscaping MEDIUM garden hedge
Irrigazione che allaga il vialetto
Ogni mattina l’irrigatore vicino alle bici bagna il vialetto, con il freddo diventa una lastra.
d Irrigatore sostituito e programma spostato alle cinque.

it_network MEDIUM meeting rack
Rete lenta in sala riunioni
Le chiamate video si bloccano {since}, sia in wi-fi sia via cavo.
d Porta dello switch in errore, spostata la linea e sostituito il cavo di patch.

it_network HIGH desk rack
Linea dati assente al piano
Da mezz’ora nessuno naviga, telefoni compresi. L’armadio dati al piano ha tutte le spie spente.
w L’alimentatore dell’armadio è saltato, arrivo con il ricambio.
d Alimentatore sostituito, tutti gli apparati sono di nuovo in linea.

general LOW building hedge
Richiesta di rastrelliera per biciclette
Saremmo in sei a venire in bici, oggi le leghiamo alla ringhiera.
m Buona idea: verifico lo spazio in cortile e chiedo un preventivo.
d Installata una rastrelliera da dieci posti accanto all’ingresso carraio.

general LOW desk wall
Targhetta sbagliata sulla porta
Sulla nostra porta c’è ancora il nome dell’inquilino precedente, i corrieri si confondono.
d Targhetta nuova montata, aggiornata anche quella nell’atrio.
"""
