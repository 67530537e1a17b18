"""People's names: each pair of a given and a family name makes one username and one mailbox."""

GIVEN = (
    "Ada", "Aino", "Amara", "Anselm", "Arjun", "Astrid", "Bálint", "Beatriz", "Bogdan", "Carmen", "Chidi", "Clara",
    "Dagny", "Dalia", "Davor", "Edith", "Eero", "Elif", "Emre", "Esther", "Farah", "Felix", "Fumiko", "Gael",
    "Greta", "Hamid", "Hanna", "Hugo", "Ilse", "Imani", "Ioana", "Ivo", "Jarek", "Jolanta", "José", "Judit",
    "Kaito", "Kamila", "Karim", "Kirsi", "Lars", "Leila", "Lior", "Ludmila", "Mads", "Malika", "Marek", "Mireille",
    "Nadia", "Nils", "Noor", "Olga", "Omar", "Otto", "Paloma", "Petra", "Quentin", "Radka", "Rafael", "Ravi",
    "Rosa", "Saanvi", "Selma", "Soren", "Tadeo", "Tamar", "Thandi", "Tove", "Uma", "Ursula", "Viktor", "Wanda",
    "Xenia", "Yara", "Yusuf", "Zelda", "Zoë",
)  # fmt: skip

FAMILY = (
    "Abadi", "Achterberg", "Aguirre", "Almeida", "Andrade", "Bachmann", "Banerjee", "Bielski", "Bjornstad", "Brandt",
    "Cardoso", "Castellan", "Chaudhry", "Cisse", "Dahlberg", "Danjuma", "Delacroix", "Dobrev", "Eklund", "Esposito",
    "Fairweather", "Farkas", "Ferrante", "Fujimori", "Galanis", "Garrido", "Gruber", "Halvorsen", "Hartono",
    "Herrera", "Holloway", "Ibarra", "Iyer", "Jankovic", "Jimenez", "Kaplan", "Karlsen", "Kobayashi", "Kovar",
    "Lachance", "Lindqvist", "Lopes", "Mbeki", "Mendonça", "Mikkelsen", "Moreau", "Nakagawa", "Navarro", "Nyberg",
    "Obasi", "Okafor", "Oliveira", "Ostrowski", "Palme", "Papadakis", "Pereira", "Quiroga", "Rahimi", "Renner",
    "Rossi", "Sandoval", "Sarkis", "Schreiber", "Silvestri", "Sundaram", "Takeda", "Tremblay", "Ueda", "Vasquez",
    "Verhoeven", "Virtanen", "Wachira", "Weidmann", "Winther", "Yamagata", "Yilmaz", "Zamora", "Zielinski",
)  # fmt: skip
