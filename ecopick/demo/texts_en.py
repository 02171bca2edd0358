"""What people write in English, one situation a paragraph; see ``texts`` for the form."""

ENGLISH = """
security MEDIUM reception rack
Badge reader at lobby door not responding
No light and no beep since about eight this morning. Everyone has to be let in by hand.
q Does the reader at the side entrance still work?
a Yes, the side entrance is fine, it is only the lobby door.
d Power supply of the reader had failed. Replaced and tested with six badges.
t Working again, thanks.

security HIGH desk lock
Third-floor door does not lock at night
The magnetic lock releases by itself after a few seconds. We found the door open twice this week.
m I have asked the night patrol to check your floor every hour until this is fixed.
d Door magnet realigned and controller replaced, held closed for an hour under test.

hvac HIGH living radiator
No heating on our floor
All radiators have been cold since this morning. The neighbours across the landing say the same.
m We know about it: the pump of your riser has failed, and the emergency service is on its way.
d Riser vented after the pump was replaced, radiators warm again.

hvac HIGH desk aircon
Air conditioning blowing warm air
The whole open-plan side has been at 29 degrees {since}. Several people have already gone home.
m Two mobile units are on their way up, the technician is in the building.
d Condenser was blocked and had tripped. Cleaned, gas pressure checked, supply air at 14 °C.
t Much better, thank you.

hvac MEDIUM meeting aircon
Meeting room too cold
The thermostat says 22 but it is closer to 17. We keep moving meetings elsewhere.
d Sensor was sitting in the air stream. Moved to the opposite wall and recalibrated.

hvac MEDIUM living radiator
Radiator in the living room stays cold
Hot at the pipe, cold everywhere else. Bleeding it made no difference.
q Are the other radiators in the flat warm?
a Yes, all of them. It is only the large one under the window.
d Valve pin was stuck. Freed, new thermostatic head fitted.

hvac LOW desk aircon
Rattling vent above the printer
It starts around nine when the system ramps up and stops in the evening.
d Loose grille screwed back, damper adjusted.

plumbing URGENT wc drain
Water coming through the ceiling of the restroom
It is pouring rather than dripping, right over the basins. We have closed the room off.
m Water to that riser is being shut off now. Please keep the corridor clear.
w On site, looking for the source on the floor above.
d Failed compression joint on the floor above replaced. Riser back on, ceiling tiles to follow on Thursday.

plumbing MEDIUM wc drain
Blocked toilet on the second floor
The left cubicle does not flush away. We have put a sign on it.
d Blockage cleared with a spring, paper towels were the cause.

plumbing MEDIUM tea siphon
Tap in the kitchenette will not close
It keeps running in a thin stream however hard you turn it.
d Cartridge replaced.

plumbing HIGH kitchen siphon
Leak under the kitchen sink
There is a steady drip from the trap and the cupboard floor is swelling. I have put a bowl underneath.
q Will you be at home between nine and eleven tomorrow?
a Yes, please ring twice, the bell is quiet.
d Trap seal replaced and nut re-seated. No drip after ten minutes of running water.
t Dry as a bone. Thank you.

plumbing LOW bath drain
Shower head full of limescale
Half of the jets are blocked and the rest spray sideways.
d Shower head replaced, aerators descaled as well.

plumbing MEDIUM bath drain
Bathroom drain smells
There has been a strong smell from the floor drain {since}, worse in the mornings.
d Trap had dried out. Refilled, seal fitted, drain rinsed.

electrical HIGH desk breaker
Power out on the courtyard side
Twelve desks are without power. Lights are fine. We already unplugged everything.
q Did it happen at a particular moment, for example when something was switched on?
a Yes, when the new coffee machine was plugged in near the window.
d Residual-current device replaced. The coffee machine is faulty and must not be used.

electrical MEDIUM desk socket
Floor box with loose sockets
One of the floor boxes by the window has come out of its frame and someone nearly tripped.
d Frame refixed, two sockets replaced and tested.

electrical MEDIUM meeting lamp
Lights in the meeting room flicker
They start to flicker after about ten minutes, which makes video calls unpleasant.
d Driver of the light strip replaced.

electrical LOW garage lamp
Dark corner in the garage
Three lamps near the bicycle racks are out.
d Three LED battens fitted.

electrical MEDIUM hall breaker
Doorbell does not ring
Couriers keep leaving cards because they think nobody is in.
d Faulty transformer in the distribution board replaced.

electrical HIGH kitchen socket
Burnt smell from a kitchen socket
The kettle socket is brown around the edge and smells of burnt plastic.
m Please leave that circuit switched off until the electrician has been.
d Socket and a metre of scorched cable replaced, circuit tested.

elevator URGENT lift lift
Two people stuck in the lift
The lift stopped between the ground and first floor. They are calm but the emergency line is silent.
m Release team is eleven minutes away. Someone from reception stays at the door.
d Both released. Door contact replaced and the emergency line re-registered, test call confirmed.

elevator HIGH lift lift
Lift out of service
It has been parked on the ground floor {since} with the doors open. We have a visitor in a wheelchair this afternoon.
m The goods lift is unlocked for you until this is repaired.
d Door drive belt replaced, twenty test runs without fault.

elevator MEDIUM lift lift
Lift stops short of the third floor
There is a step of about three centimetres, trolleys get stuck on it.
d Levelling switch adjusted.

elevator LOW lift lift
Display inside the lift is dead
You cannot see which floor you are on.
d Display board replaced.

structural HIGH lobby window
Cracked glass panel next to the entrance
A crack runs across the panel on the left, it was not there yesterday evening.
m The area is taped off, please use the right-hand door.
w Temporary film is on, the new pane is being cut.
d New laminated pane fitted and sealed.

structural MEDIUM desk ceiling
Stained ceiling tile, slowly growing
The tile above the copier has a brown ring that gets bigger every day.
q Is the tile wet when you touch it?
a Slightly damp, nothing is dripping.
d Uninsulated condensate pipe found and insulated, three tiles replaced.

structural MEDIUM bed wall
Mould in the bedroom corner
A black patch behind the wardrobe, and it smells musty. We air the room twice a day.
q Could you send a photo and tell us the humidity, if you have a meter?
a It says 70 per cent at 18 degrees. Photo attached.
d Wall treated and repainted. Please keep the wardrobe five centimetres off the wall.

structural LOW stairs wall
Loose handrail between first and second floor
It wobbles when you lean on it.
d Brackets refixed with resin anchors.

structural MEDIUM meeting window
Window handle came off
The handle is in my hand and the window is stuck on tilt.
d New handle and gear fitted.

structural MEDIUM living window
Draught from the balcony door
You can feel the wind with the door closed, and rain comes in at the bottom.
d Seal replaced along the bottom, door re-hung by two millimetres.

appliance MEDIUM tea appliance
Dishwasher in the kitchenette leaves water
It stops with error E24 and the dishes stay dirty.
d Drain hose was kinked behind the unit. Rerouted, full cycle tested.

appliance LOW tea appliance
Fridge far too cold
Milk freezes on every shelf, even on setting one.
d Thermostat replaced, holding 5 °C.

appliance MEDIUM laundry appliance
Dryer does not heat
It turns, but the laundry is as wet as before. It has swallowed my coins twice.
d Heating element replaced. Coins refunded in an envelope.

cleaning MEDIUM wc floor
Restrooms not cleaned
No soap, no paper, and the floor is sticky {since}.
d Cleaned and restocked, the evening round has been confirmed with the team.

cleaning LOW tea floor
Bins in the kitchenette overflowing
Three days without emptying, the smell is getting noticeable.
d Emptied and disinfected, bins are on the daily list again.

cleaning HIGH lobby floor
Oil on the lobby floor
A delivery leaked across the lobby, someone slipped but is not hurt.
d Floor degreased and dried, mats back in place.

keys_access MEDIUM desk lock
Access cards for four new starters
They begin on Monday and need the third floor and the garage. Names are in the shared list.
d Four cards programmed, waiting at reception.
t Collected, thanks.

keys_access LOW lobby lock
Letterbox lock jammed
The key goes in but does not turn, our post is piling up.
d Lock replaced, two keys handed over.

keys_access HIGH hall lock
Locked out, key does not turn
The key goes in but will not turn. I am on the landing with two small children.
m A locksmith is on the way, about twenty-five minutes.
d Cylinder replaced without damage, three keys handed over.

pest_control MEDIUM tea hedge
Fruit flies in the kitchenette
There are dozens of them around the sink and the recycling.
d Drain cleaned, traps set. Please rinse bottles before recycling.

pest_control MEDIUM cellar hedge
Mouse droppings in the storage room
Found along the wall behind the archive boxes.
d Bait stations placed, gap under the door closed with a brush strip.

landscaping LOW garden hedge
Overgrown path to the bicycle shed
Brambles reach across the path and tear clothes.
d Cut back on both sides, clippings taken away.

it_network HIGH desk rack
Whole floor offline
No internet and no phones for half an hour. The cabinet in the corridor has no lights at all.
w The cabinet's power strip has tripped, I am there with a spare in ten minutes.
d Power strip replaced, all switches back up, phones registered.

it_network MEDIUM meeting rack
Wi-Fi drops in the large meeting room
Calls freeze every few minutes {since}, on every laptop.
d Access point moved away from the steel beam, channel changed.

general LOW building hedge
Could we have a bicycle rack in the yard
Six of us cycle and currently lock our bikes to the railing.
m Good idea. I am checking the space and asking for a quote.
d Rack for ten bicycles installed next to the gate.

general LOW desk wall
Wrong name on our door
The sign still shows the previous tenant and couriers get confused.
d New sign fitted, lobby directory updated too.
"""
