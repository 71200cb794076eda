"""Indicators by iocextract and ioc-finder, templates by Drain3 with its own settings."""

from collections import Counter
from importlib.metadata import version

from engine import Engine, Skip, serve, text_of


def iocextract_of(line: str) -> list[str]:
    import iocextract

    return list(iocextract.extract_iocs(line, refang=True))


def ioc_finder_of(line: str) -> list[str]:
    from ioc_finder import find_iocs

    return [value for found in find_iocs(line).values() for value in (found if isinstance(found, list) else [])]


def drain(lines: list[str]):
    from drain3 import TemplateMiner
    from drain3.template_miner_config import TemplateMinerConfig

    config = TemplateMinerConfig()
    config.profiling_enabled = False
    miner = TemplateMiner(config=config)
    for line in lines:
        miner.add_log_message(line)
    return miner


def open_engine(job: dict) -> Engine:
    task, text = job["params"].get("task"), text_of(job)
    lines = text.splitlines()
    if task == "templates" and job["engine"] == "drain3":
        miner = drain(lines)
        facts = {"lines": len(lines), "templates": len(miner.drain.clusters)}
        return Engine(len(lines), lambda: drain(lines), facts, version("drain3"))
    find = {"iocextract": iocextract_of, "ioc-finder": ioc_finder_of}.get(job["engine"])
    if task != "indicators" or find is None:
        raise Skip("not what this peer does")
    found = Counter(value for line in lines for value in find(line)).total()
    return Engine(len(text.encode()), lambda: [find(line) for line in lines], {"found": found}, version(job["engine"]))


if __name__ == "__main__":
    serve(open_engine)
