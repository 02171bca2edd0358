"""What the drawn photographs show, each before and after the work."""

from collections.abc import Callable
from math import cos, sin
from random import Random

from ecopick.demo.canvas import HEIGHT, WIDTH, Canvas, Colour, shade

WHITE: Colour = (228, 228, 222)
STEEL: Colour = (150, 156, 162)
COPPER: Colour = (186, 108, 70)
WALL: Colour = (206, 201, 190)


def siphon(random: Random, done: bool) -> Canvas:
    """The trap below a sink."""
    canvas = Canvas(random, (176, 170, 158), light=1.08 if done else 0.9)
    canvas.tiles(190, (140, 134, 122), bottom=800)
    canvas.pipe([(180, -20), (180, 990)], 44, COPPER)
    canvas.pipe([(290, -20), (290, 990)], 44, COPPER)
    canvas.box((120, 330, 250, 372), (60, 92, 140), 8)
    bow = [(700 - 140 * cos(step * 0.262), 430 + 150 * sin(step * 0.262)) for step in range(13)]
    elbow = [(950 - 110 * cos(step * 0.262), 330 - 110 * sin(step * 0.262)) for step in range(7)]
    canvas.pipe([(560, -20), *bow, *elbow, (1320, 220)], 104, WHITE)
    nuts = (46, 92, 150) if done else (112, 112, 108)
    canvas.box((486, 300, 634, 372), nuts, 14)
    canvas.box((770, 330, 914, 402), nuts, 14)
    if not done:
        canvas.spots((560, 590, 820, 780), (120, 150, 170), 26, (5, 13), 190)
        canvas.spots((380, 780, 1010, 940), (92, 72, 50), 60, (18, 60), 46)
        canvas.puddle(690, 860, 330, 62)
    return canvas


def drain(random: Random, done: bool) -> Canvas:
    """A shower drain from above."""
    canvas = Canvas(random, (214, 216, 214))
    canvas.tiles(120, (168, 172, 172))
    canvas.knob(640, 500, 190, STEEL)
    canvas.disc(640, 500, 150, (96, 102, 108))
    for ring in range(5):
        for hole in range(6 + ring * 4):
            angle = hole * 6.283 / (6 + ring * 4)
            x, y = 640 + ring * 27 * cos(angle), 500 + ring * 27 * sin(angle)
            canvas.disc(x, y, 8, (28, 30, 32))
    if not done:
        canvas.spots((520, 400, 760, 600), (44, 34, 26), 60, (6, 34), 120)
        canvas.puddle(620, 520, 560, 360)
    else:
        canvas.shine(560, 410, 90)
    return canvas


def ceiling(random: Random, done: bool) -> Canvas:
    """A stain on the ceiling."""
    canvas = Canvas(random, (226, 223, 214))
    canvas.draw.polygon(
        [(0, 760), (WIDTH, 660), (WIDTH, HEIGHT), (0, HEIGHT)], fill=(196, 190, 178, 255)
    )
    canvas.draw.line((0, 760, WIDTH, 660), fill=(240, 238, 230, 255), width=26)
    if done:
        canvas.draw.rounded_rectangle((380, 170, 860, 520), 30, fill=(238, 237, 232, 200))
    else:
        for size in (250, 205, 150, 90):
            canvas.spots(
                (600 - size, 330 - size * 0.6, 660 + size, 360 + size * 0.6),
                (150, 106, 54),
                36,
                (size * 0.2, size * 0.5),
                16,
            )
        canvas.cracks(640, 350, 4, 300)
    canvas.knob(1080, 210, 70, (240, 240, 236))
    return canvas


def socket(random: Random, done: bool) -> Canvas:
    """A double socket in the wall."""
    canvas = Canvas(random, (198, 206, 196))
    canvas.draw.rectangle((0, 800, WIDTH, HEIGHT), fill=(126, 92, 62, 255))
    canvas.draw.rectangle((0, 770, WIDTH, 806), fill=(236, 234, 228, 255))
    if not done:
        canvas.draw.rounded_rectangle((450, 300, 830, 520), 20, fill=(70, 64, 58, 255))
        canvas.pipe([(560, 410), (600, 560), (560, 640)], 14, (150, 60, 44))
        canvas.pipe([(700, 410), (680, 560), (720, 640)], 14, (50, 84, 150))
        canvas.spots((440, 280, 760, 420), (30, 24, 20), 40, (10, 44), 40)
    drop = 0 if done else 130
    for number in range(2):
        left = 440 + number * 200
        canvas.box(
            (left, 300 + drop + number * drop * 0.3, left + 196, 500 + drop + number * drop * 0.3),
            WHITE,
            16,
        )
        canvas.knob(left + 98, 400 + drop + number * drop * 0.3, 74, (214, 214, 208))
        for side in (-26, 26):
            canvas.disc(left + 98 + side, 400 + drop + number * drop * 0.3, 9, (30, 30, 30))
    return canvas


def breaker(random: Random, done: bool) -> Canvas:
    """A row of circuit breakers."""
    canvas = Canvas(random, (150, 154, 158))
    canvas.box((110, 150, 1170, 820), (222, 222, 216), 22)
    canvas.draw.rectangle((160, 300, 1120, 650), fill=(64, 66, 70, 255))
    for number in range(9):
        left = 180 + number * 104
        canvas.box((left, 320, left + 92, 630), (234, 234, 230), 8)
        tripped = number == 4 and not done
        top = 480 if tripped else 400
        canvas.box(
            (left + 26, top, left + 66, top + 74), (160, 40, 34) if tripped else (40, 44, 52), 6
        )
        canvas.draw.rectangle(
            (left + 16, 345, left + 76, 372),
            fill=(60, 120, 70, 255) if number % 3 else (180, 150, 40, 255),
        )
    if not done:
        canvas.spots((560, 560, 720, 760), (24, 18, 14), 60, (12, 44), 60)
    else:
        canvas.draw.rectangle((420, 700, 860, 770), fill=(250, 250, 244, 255))
        canvas.draw.line((450, 735, 830, 735), fill=(40, 60, 110, 200), width=6)
    return canvas


def lamp(random: Random, done: bool) -> Canvas:
    """A lamp in a corridor."""
    canvas = Canvas(random, (190, 184, 168) if done else (74, 76, 84))
    canvas.draw.polygon(
        [(0, HEIGHT), (440, 620), (840, 620), (WIDTH, HEIGHT)],
        fill=(110, 104, 98, 255) if done else (44, 44, 48, 255),
    )
    canvas.draw.rectangle(
        (440, 260, 840, 620), fill=(164, 158, 146, 255) if done else (54, 56, 62, 255)
    )
    canvas.box((560, 360, 700, 620), (118, 88, 62) if done else (50, 42, 38), 4)
    tube = (255, 250, 232) if done else (104, 106, 112)
    canvas.box((330, 110, 950, 170), tube, 26)
    if done:
        for x in (420, 640, 860):
            canvas.shine(x, 150, 330)
    return canvas


def radiator(random: Random, done: bool) -> Canvas:
    """A radiator with its valve."""
    canvas = Canvas(random, (202, 196, 184))
    canvas.draw.rectangle((0, 840, WIDTH, HEIGHT), fill=(134, 104, 74, 255))
    for number in range(9):
        left = 200 + number * 100
        canvas.box((left, 210, left + 88, 740), (232, 231, 226), 30)
    canvas.pipe([(1100, 690), (1210, 690), (1210, 980)], 34, COPPER)
    canvas.box((1090, 640, 1170, 735), (236, 236, 232) if done else (150, 140, 120), 20)
    canvas.knob(1210, 640, 56, (240, 240, 236) if done else (126, 116, 100))
    if not done:
        canvas.spots((1080, 700, 1240, 860), (130, 74, 34), 50, (8, 30), 80)
        canvas.puddle(1120, 900, 130, 26)
    else:
        canvas.box((520, 330, 690, 560), (34, 38, 44), 18)
        canvas.draw.rectangle((545, 360, 665, 430), fill=(170, 206, 170, 255))
    return canvas


def aircon(random: Random, done: bool) -> Canvas:
    """An air outlet in a ceiling."""
    canvas = Canvas(random, (216, 217, 214))
    canvas.tiles(420, (182, 182, 178))
    canvas.box((280, 160, 1000, 780), (236, 237, 235), 18)
    for number in range(9):
        top = 240 + number * 58
        canvas.box((340, top, 940, top + 32), (206, 208, 208) if done else (158, 152, 140), 8)
    if not done:
        canvas.spots((300, 200, 980, 760), (70, 62, 50), 260, (6, 26), 46)
        canvas.spots((760, 700, 960, 900), (110, 126, 130), 24, (5, 12), 170)
    return canvas


def lift(random: Random, done: bool) -> Canvas:
    """The doors of a lift and its panel."""
    canvas = Canvas(random, (188, 182, 172))
    gap = 6 if done else 70
    canvas.draw.rectangle((210, 90, 870, 900), fill=(28, 28, 30, 255))
    for left, right in ((220, 540 - gap / 2), (540 + gap / 2, 860)):
        canvas.box((left, 100, right, 890), (166, 171, 176), 4)
        for line in range(14):
            x = left + 14 + line * (right - left - 28) / 13
            canvas.draw.line((x, 110, x, 880), fill=(198, 202, 206, 60), width=3)
    canvas.box((960, 330, 1110, 650), (198, 201, 204), 12)
    colour = (92, 190, 96) if done else (206, 52, 40)
    canvas.draw.rectangle((990, 360, 1080, 430), fill=(20, 22, 24, 255))
    canvas.disc(1035, 395, 20, colour)
    for y in (500, 590):
        canvas.knob(1035, y, 34, (226, 226, 222))
    if not done:
        canvas.draw.polygon(
            [(230, 760), (850, 700), (850, 740), (230, 800)], fill=(214, 170, 40, 235)
        )
    return canvas


def floor(random: Random, done: bool) -> Canvas:
    """A tiled floor."""
    canvas = Canvas(random, (172, 166, 156), light=1.1 if done else 0.92)
    for number in range(-8, 22):
        canvas.draw.line(
            (640 + (number - 7) * 60, 0, 640 + (number - 7) * 190, HEIGHT),
            fill=(120, 114, 106, 170),
            width=4,
        )
    for number in range(9):
        y = 30 + number * number * 14
        canvas.draw.line((0, y, WIDTH, y), fill=(120, 114, 106, 170), width=4)
    if done:
        for x in (380, 820):
            canvas.shine(x, 300, 260, (255, 255, 250))
    else:
        canvas.spots((100, 200, 1180, 900), (84, 66, 46), 140, (4, 30), 110)
        canvas.spots((420, 430, 860, 760), (60, 54, 44), 30, (30, 90), 60)
        for _ in range(14):
            left, top = random.uniform(200, 1060), random.uniform(300, 860)
            canvas.draw.polygon(
                [(left, top), (left + 46, top + 12), (left + 20, top + 40)],
                fill=(196, 214, 206, 210),
            )
    return canvas


def lock(random: Random, done: bool) -> Canvas:
    """A door handle and its cylinder."""
    canvas = Canvas(random, (122, 86, 58))
    for _ in range(34):
        x = random.uniform(0, WIDTH)
        canvas.draw.line(
            (x, 0, x + random.uniform(-40, 40), HEIGHT),
            fill=(84, 56, 36, 60),
            width=random.randint(3, 12),
        )
    canvas.box((520, 150, 700, 840), (178, 180, 180) if done else (146, 142, 132), 26)
    canvas.pipe([(610, 330), (930, 336)], 60, (196, 198, 198) if done else (150, 148, 140))
    canvas.knob(610, 330, 62, (190, 192, 192))
    canvas.knob(610, 610, 58, (206, 178, 92) if done else (110, 104, 92))
    canvas.box((600, 570, 620, 650), (40, 36, 30), 4)
    if done:
        canvas.pipe([(612, 612), (640, 720), (700, 790)], 18, (202, 174, 96))
        canvas.knob(720, 810, 46, (202, 174, 96))
    else:
        canvas.cracks(610, 620, 9, 150)
        canvas.spots((540, 560, 690, 700), (60, 44, 30), 30, (4, 16), 110)
    return canvas


def window(random: Random, done: bool) -> Canvas:
    """A window pane in its frame."""
    canvas = Canvas(random, (142, 176, 204))
    canvas.spots((140, 470, 1140, 820), (70, 104, 66), 90, (30, 80), 120)
    canvas.draw.polygon([(300, 90), (460, 90), (240, 860), (100, 860)], fill=(255, 255, 255, 36))
    for area in (
        (0, 0, WIDTH, 92),
        (0, 866, WIDTH, HEIGHT),
        (0, 0, 110, HEIGHT),
        (1170, 0, WIDTH, HEIGHT),
        (610, 60, 690, 900),
    ):
        canvas.box(area, (232, 231, 226), 6)
    canvas.box((624, 440, 676, 560), (170, 172, 172), 14)
    if not done:
        canvas.cracks(360, 520, 13, 420)
        canvas.cracks(370, 530, 8, 200)
    return canvas


def wall(random: Random, done: bool) -> Canvas:
    """The corner of a room."""
    canvas = Canvas(random, WALL)
    canvas.draw.polygon(
        [(700, 0), (WIDTH, 0), (WIDTH, HEIGHT), (700, 760)], fill=(186, 180, 168, 255)
    )
    canvas.draw.polygon([(0, HEIGHT), (700, 760), (WIDTH, HEIGHT)], fill=(140, 106, 74, 255))
    canvas.draw.line((0, 930, 700, 740, WIDTH, 930), fill=(238, 236, 230, 255), width=30)
    if done:
        canvas.draw.polygon(
            [(430, 300), (700, 280), (960, 330), (960, 800), (700, 730), (430, 790)],
            fill=(236, 234, 226, 190),
        )
    else:
        for spread, count in ((70, 120), (150, 140), (260, 90)):
            canvas.spots(
                (700 - spread, 560 - spread, 700 + spread, 740), (38, 42, 34), count, (4, 17), 120
            )
    return canvas


def appliance(random: Random, done: bool) -> Canvas:
    """The front of an oven."""
    canvas = Canvas(random, (206, 203, 196))
    canvas.box((260, 90, 1020, 880), (176, 180, 184), 16)
    canvas.draw.rectangle((300, 120, 980, 240), fill=(30, 32, 36, 255))
    for x in (360, 920):
        canvas.knob(x, 180, 44, (196, 198, 200))
    canvas.draw.rectangle((540, 145, 740, 215), fill=(16, 18, 20, 255))
    colour = (120, 214, 130) if done else (230, 66, 48)
    for number in range(3):
        canvas.draw.rectangle(
            (570 + number * 52, 160, 602 + number * 52, 200), outline=(*colour, 255), width=7
        )
    canvas.box((310, 290, 970, 330), (208, 211, 214), 14)
    canvas.box((310, 360, 970, 830), (54, 48, 44) if not done else (96, 62, 34), 18)
    if done:
        canvas.shine(640, 600, 260, (255, 190, 96))
    else:
        canvas.spots((330, 640, 950, 820), (24, 20, 18), 60, (8, 36), 90)
    return canvas


def rack(random: Random, done: bool) -> Canvas:
    """A network cabinet."""
    canvas = Canvas(random, (58, 62, 70))
    for unit in range(7):
        top = 60 + unit * 124
        canvas.box((120, top, 1160, top + 104), (36, 40, 46) if unit % 2 else (92, 96, 102), 6)
        for port in range(16):
            left = 190 + port * 56
            canvas.draw.rectangle((left, top + 40, left + 38, top + 76), fill=(12, 14, 16, 255))
            lit = done or (unit > 3 and port % 4)
            canvas.disc(left + 19, top + 26, 6, (106, 226, 112) if lit else (86, 60, 54))
    for number in range(9):
        start, end = random.randint(0, 15), random.randint(0, 15)
        colour = ((60, 96, 170), (206, 176, 60), (170, 62, 54), (196, 198, 200))[number % 4]
        low = 60 + random.randint(3, 6) * 124 + 60
        hang = 20 if done else 150
        canvas.pipe(
            [(209 + start * 56, 120), (200 + start * 50, 300 + hang), (209 + end * 56, low)],
            13,
            colour,
        )
    return canvas


def hedge(random: Random, done: bool) -> Canvas:
    """A hedge beside a path."""
    canvas = Canvas(random, (168, 192, 210))
    canvas.draw.polygon(
        [(620, HEIGHT), (860, 420), (1010, 420), (WIDTH, 860), (WIDTH, HEIGHT)],
        fill=(164, 156, 146, 255),
    )
    canvas.draw.rectangle((0, 400, 700, HEIGHT), fill=(72, 92, 52, 255))
    right = 720 if done else 1060
    canvas.spots((0, 330, right - 60, 900), (76, 116, 58), 520, (16, 44), 150)
    canvas.spots((0, 330, right, 880), (106, 150, 74), 260, (8, 22), 150)
    if done:
        canvas.draw.line((0, 318, 700, 318), fill=shade((76, 116, 58), 0.8), width=18)
    return canvas


SCENES: dict[str, Callable[[Random, bool], Canvas]] = {
    scene.__name__: scene
    for scene in (
        siphon, drain, ceiling, socket, breaker, lamp, radiator, aircon, lift, floor, lock,
        window, wall, appliance, rack, hedge,
    )
}  # fmt: skip
