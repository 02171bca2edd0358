"""What people write in French, one situation a paragraph; see ``texts`` for the form."""

FRENCH = """
elevator URGENT lift lift
Ascenseur bloqué entre le 2ᵉ et le 3ᵉ étage
L’ascenseur est, côté cour, s’est arrêté net. Une voisine est à l’intérieur avec son chien, elle va bien mais s’inquiète.
m L’équipe d’astreinte est en route. Merci de rester auprès d’elle et de la rassurer.
d Passagère libérée, contact de porte palière remplacé, dix trajets d’essai effectués.

elevator HIGH lift lift
Ascenseur en panne, quelqu’un appelle à l’aide
L’ascenseur côté cour ne répond plus et on entend une voix dans la gaine. Je suis au 2ᵉ étage.
d Même panne que celle déjà signalée, cabine remise en service après contrôle.

security MEDIUM garage lock
Porte du parking bloquée en position ouverte
La porte basculante ne redescend plus {since}. N’importe qui peut entrer dans le parking.
q Bonjour, pouvez-vous libérer la place 14 demain matin ?
a C’est noté, je déplace la voiture ce soir.
d Ressort de rappel cassé, remplacé. Cellule de sécurité réglée, la porte se ferme à nouveau.
t Merci, je confirme que tout fonctionne.

security MEDIUM stairs breaker
Interphone muet au 4ᵉ étage
On entend sonner en bas, mais aucun son dans le combiné et la gâche ne s’ouvre pas.
d Bloc d’alimentation de la colonne remplacé, essais faits avec les quatre logements.

plumbing MEDIUM bath drain
Évacuation d’eau lente dans la douche
L’eau met dix minutes à s’écouler, le receveur déborde presque.
q Le lavabo s’écoule-t-il normalement ?
a Oui, le problème ne concerne que la douche.
d Bonde démontée et siphon nettoyé, écoulement normal.

plumbing HIGH kitchen siphon
Fuite sous l’évier de la cuisine
Le meuble est trempé et l’eau coule dès qu’on ouvre le robinet. J’ai mis une bassine.
m Merci de ne pas utiliser l’évier en attendant, le plombier passe ce matin.
d Joint de siphon remplacé et collier resserré. Le fond du meuble doit sécher.

plumbing URGENT bath siphon
Rupture de canalisation dans la salle de bains
Un tuyau a lâché derrière la machine à laver, l’eau passe déjà sous la porte. La vanne est grippée.
m Le gardien coupe la colonne. Coupez l’électricité de la pièce, s’il vous plaît.
w J’arrive dans un quart d’heure avec une pompe.
d Tronçon de tuyau remplacé, vanne neuve, épreuve de pression correcte.

plumbing LOW bath drain
Chasse d’eau qui coule en continu
On entend un filet d’eau jour et nuit et le compteur tourne.
d Joint de cloche et flotteur remplacés.

plumbing MEDIUM kitchen siphon
Robinet mitigeur qui goutte
Le mitigeur goutte {since} et laisse une trace de calcaire dans l’évier.
d Cartouche changée, mousseur détartré.

plumbing HIGH cellar siphon
Eau dans le couloir des caves
Il y a deux centimètres d’eau devant les caves 8 à 12, elle semble venir du mur côté rue.
n Prévoir un déshumidificateur, voir avec l’assurance.
d Raccord du collecteur repris, eau pompée, déshumidificateur en place pour une semaine.

plumbing MEDIUM kitchen siphon
Pas assez de pression à l’eau chaude
L’eau froide est normale, mais l’eau chaude ne donne plus qu’un filet.
d Filtre d’arrivée colmaté, nettoyé. Débit mesuré à 9 litres par minute.

hvac HIGH living radiator
Radiateurs froids dans tout l’appartement
Il fait 15 degrés {since}, et nous avons un enfant de six mois.
m Le chauffagiste passe avant midi, deux radiateurs d’appoint vous attendent chez le gardien.
d Circulateur bloqué, débloqué puis remplacé. Température de départ à 55 °C.
t Il fait de nouveau bon, merci beaucoup.

hvac MEDIUM bed radiator
Radiateur de la chambre impossible à régler
Il chauffe au maximum même sur la position 1, on dort fenêtre ouverte.
d Tête thermostatique remplacée.

hvac LOW living radiator
Bruit d’eau dans les radiateurs
Chaque matin on entend couler de l’eau dans les tuyaux du séjour.
d Colonne purgée et pression remise à 1,5 bar.

hvac MEDIUM bath aircon
Ventilation de la salle de bains arrêtée
La bouche d’extraction n’aspire plus, la buée reste sur le miroir et le plafond noircit.
q Avez-vous vu si la bouche de la cuisine fonctionne encore ?
a Non, celle de la cuisine ne tire plus non plus.
d Courroie du caisson remplacée en toiture, débit contrôlé dans trois logements.

electrical HIGH kitchen breaker
Le disjoncteur saute dès que j’allume les plaques
Impossible de cuisiner {since}, le différentiel saute même avec une seule plaque.
q Êtes-vous chez vous demain matin ?
a Oui, jusqu’à midi.
d Borne desserrée et noircie au tableau, reprise. Isolement mesuré conforme.

electrical MEDIUM living socket
Prise de courant arrachée
La prise derrière le canapé pend au bout des fils, je n’ose plus y toucher.
m Coupez le circuit du séjour au tableau jusqu’au passage de l’électricien, s’il vous plaît.
d Boîte d’encastrement rescellée, prise neuve.

electrical LOW stairs lamp
Ampoule grillée dans la cage d’escalier
Il fait noir entre le rez-de-chaussée et le premier.
d Deux ampoules remplacées par des LED.

electrical LOW garage lamp
Éclairage du parking qui clignote
Les néons au-dessus des places 20 à 26 clignotent en permanence.
d Ballasts supprimés, tubes LED posés.

electrical MEDIUM hall breaker
Sonnette de l’appartement en panne
Les visiteurs frappent, la sonnette ne fait plus aucun bruit.
d Transformateur remplacé dans le tableau.

elevator HIGH lift lift
Ascenseur hors service
L’écran affiche « HS » {since}. Au dernier étage, une dame se déplace en fauteuil.
m Le gardien aide pour les courses en attendant la réparation.
w La pièce arrive demain à la première heure.
d Carte de commande remplacée, mise en service contrôlée.

elevator MEDIUM lift lift
Les portes de l’ascenseur se rouvrent sans cesse
Il faut attendre trois ou quatre ouvertures avant qu’il démarre.
d Barrière de cellules nettoyée et réalignée.

elevator LOW lift lift
Grincement dans la cabine d’ascenseur
À chaque arrêt, un grincement aigu qui réveille l’appartement voisin.
d Coulisseaux graissés, guides nettoyés.

structural MEDIUM bed wall
Moisissures dans l’angle de la chambre
Une tache noire apparaît derrière le lit, elle revient malgré le nettoyage.
q Pourriez-vous nous envoyer une photo et relever l’humidité de la pièce ?
a 69 % d’humidité, 18 degrés. La tache fait environ 30 cm.
d Support traité et repeint, grille de ventilation dégagée.

structural MEDIUM living window
Fenêtre du séjour qui ne ferme plus
La poignée tourne dans le vide, nous avons calé le battant avec une chaise.
d Crémone remplacée, battant réglé.

structural HIGH lobby window
Vitre de la porte d’entrée fendue
La vitre a été heurtée pendant un déménagement, des éclats tombent dès que la porte claque.
m Merci de passer par la cour, la vitre est protégée par un film.
d Vitrage feuilleté posé et parclose refixée.

structural HIGH bath ceiling
Tache d’humidité au plafond
La tache a doublé {since} et le plâtre gonfle.
m Nous vérifions la salle de bains du dessus cet après-midi.
d Joint de baignoire refait à l’étage du dessus, plafond ouvert pour séchage. Peinture prévue ensuite.

structural LOW balcony wall
Carreau descellé sur le balcon
Un carreau bouge près de la porte-fenêtre, on risque de trébucher.
d Carreau recollé et joints refaits.

structural LOW stairs wall
Main courante desserrée
Entre le deuxième et le troisième, la main courante bouge quand on s’y appuie.
d Fixations reprises avec chevilles chimiques.

appliance MEDIUM kitchen appliance
Four encastré qui ne chauffe plus
La lumière s’allume, mais le four reste froid. Les plaques fonctionnent.
d Résistance de sole remplacée, essai à 200 °C concluant.

appliance MEDIUM laundry appliance
Machine à laver n° 1 en panne
Elle s’arrête avant l’essorage et affiche E18.
d Pompe de vidange débouchée, deux cycles d’essai.

cleaning MEDIUM stairs floor
Cage d’escalier très sale après des travaux
Poussière de plâtre partout, du rez-de-chaussée au troisième.
d Nettoyage complet effectué, rampes comprises.

cleaning LOW cellar floor
Encombrants dans le couloir des caves
Un canapé et des cartons bloquent le passage depuis une semaine.
m Une affiche donne trois jours au propriétaire, ensuite ce sera enlevé.
d Encombrants évacués, passage libre.

cleaning HIGH lobby floor
Verre brisé dans le hall
Une bouteille d’huile s’est cassée devant les boîtes aux lettres, le sol glisse énormément.
d Verre ramassé, sol dégraissé et séché.

keys_access HIGH hall lock
Serrure d’entrée bloquée
La clé tourne à moitié puis se bloque, je suis sur le palier avec les courses.
m Le serrurier est prévenu, il arrive dans trente minutes.
d Barillet remplacé sans dégât, trois clés remises.

keys_access LOW lobby lock
Boîte aux lettres forcée
La petite porte ne tient plus, le courrier dépasse.
d Porte redressée et serrure neuve, deux clés remises.

keys_access MEDIUM hall lock
Badge d’immeuble perdu
J’ai perdu mon badge dans le tram, pouvez-vous le désactiver et m’en préparer un autre ?
d Ancien badge désactivé, nouveau badge remis en main propre.

security HIGH lobby lock
La porte d’entrée ne se verrouille plus
La ventouse ne tient plus {since}, des inconnus dorment dans le hall.
m Une ronde supplémentaire passe à 22 h et à 2 h.
d Ventouse et temporisation remplacées, verrouillage contrôlé.

pest_control MEDIUM kitchen hedge
Fourmis dans la cuisine
Elles entrent par la plinthe et vont jusqu’au placard à épices.
q Avez-vous des animaux ou de jeunes enfants ?
a Un chat seulement.
d Appâts fermés posés, plinthe rejointoyée. Contrôle dans quinze jours.

pest_control HIGH cellar hedge
Souris dans le local poubelles
Deux souris vues hier soir, et des sacs rongés ce matin.
d Boîtes d’appâts posées, bas de porte équipé d’une brosse.

landscaping LOW garden hedge
Haie qui déborde sur le trottoir
Les piétons doivent descendre sur la chaussée devant le numéro 9.
d Haie taillée et déchets verts évacués.

it_network MEDIUM living rack
Pas de connexion à la fibre
La box clignote rouge {since}, l’opérateur dit que la panne vient de l’immeuble.
d Jarretière optique débranchée dans le local technique, rebranchée et repérée.

general LOW building hedge
Question sur le décompte de charges
Une ligne « entretien des espaces verts » a doublé par rapport à l’an dernier. Pouvez-vous m’expliquer ?
m J’ai demandé le détail au comptable et je reviens vers vous cette semaine.
d La facture d’élagage est jointe, elle ne se reproduira pas l’an prochain.
"""
