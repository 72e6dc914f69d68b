"""The JSON Schema of `config.yaml`, with the options of each plug-in, for an editor. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

from bot.config.options import ChannelKeys, FileKeys, PluginKeys, SourceKeys

_SECTIONS: tuple[tuple[str, str, type[PluginKeys]], ...] = (
    ("sources", "watch", SourceKeys),
    ("channels", "notify", ChannelKeys),
)


def schema(watchers: Mapping[str, type], notifiers: Mapping[str, type]) -> dict[str, Any]:
    """The schema (draft 2020-12) of the file, given the plug-ins' classes by name."""
    plugins = {"watch": watchers, "notify": notifiers}
    models = {FileKeys, SourceKeys, ChannelKeys, *watchers.values(), *notifiers.values()}
    ordered = sorted(models, key=lambda model: (model.__module__, model.__qualname__))
    references, whole = models_json_schema([(model, "validation") for model in ordered])
    held: dict[str, Any] = whole["$defs"]
    names = {model: references[model, "validation"]["$ref"].rpartition("/")[2] for model in ordered}
    file = held[names[FileKeys]]
    added = {}
    for section, key, own in _SECTIONS:
        for name, plugin in plugins[key].items():
            entry = _entry(key, name, held[names[own]], held[names[plugin]])
            if needs := getattr(plugin, "needs", ()):
                entry |= {"anyOf": [{"required": [*needs]}, {"required": ["path"]}]}
            added[f"{key}.{name}"] = entry
        file["properties"][section]["additionalProperties"] = _chosen(key, sorted(plugins[key]))
    rest = {name: part for name, part in held.items() if name not in names.values()}
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", **file}
    return dict(_trimmed(whole | {"$defs": rest | added}))


def _entry(key: str, name: str, own: dict[str, Any], plugin: dict[str, Any]) -> dict[str, Any]:
    """An entry of a section: the bot's keys and the plug-in's options, and nothing else."""
    return plugin | {
        "properties": own["properties"] | {key: {"const": name}} | plugin.get("properties", {}),
        "required": [key, *plugin.get("required", ())],
        "additionalProperties": False,
    }


def _chosen(key: str, names: list[str]) -> dict[str, Any]:
    """Any entry of a section. By `if`, so that an editor names the fault of the plug-in chosen."""
    return {
        "type": "object",
        "properties": {key: {"enum": names}},
        "required": [key],
        "allOf": [
            {
                "if": {"properties": {key: {"const": name}}, "required": [key]},
                "then": {"$ref": f"#/$defs/{key}.{name}"},
            }
            for name in names
        ],
    }


def _trimmed(part: Any) -> Any:
    """The same without `null` (a key is given or left out, never empty) and pydantic's titles."""
    if isinstance(part, list):
        return [_trimmed(item) for item in part if item != {"type": "null"}]
    if not isinstance(part, dict):
        return part
    kept = {
        name: _trimmed(held)
        for name, held in part.items()
        if not (name == "default" and held is None)
        and not (name == "title" and isinstance(held, str))
    }
    if len(kept.get("anyOf", ())) == 1:
        kept |= kept.pop("anyOf")[0]
    return kept
