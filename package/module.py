#!/usr/bin/env python3
"""Packs the built module as a zip, and as a nupkg that Install-PSResource and Install-Module accept from a repository that is a folder.

module.py MODULE_FOLDER OUTPUT_FOLDER. A nupkg is a zip by the Open Packaging Conventions: the nuspec, [Content_Types].xml and a relationship to the nuspec.
Times and order of the entries are fixed, so that the same module gives the same package.
"""
import hashlib
import pathlib
import re
import sys
import zipfile
from xml.sax.saxutils import escape

MOMENT = (2020, 1, 1, 0, 0, 0)


def value(manifest: str, key: str) -> str:
    """A string of the manifest."""
    found = re.search(rf"^\s*{key}\s*=\s*'((?:[^']|'')*)'", manifest, re.M)
    if not found:
        sys.exit(f"module.py: the manifest has no {key}.")
    return found.group(1).replace("''", "'")


def names(manifest: str, key: str) -> list[str]:
    """A list of strings of the manifest."""
    found = re.search(rf"^\s*{key}\s*=\s*@\(([^)]*)\)", manifest, re.M)
    return re.findall(r"'([^']*)'", found.group(1)) if found else []


def write(archive: zipfile.ZipFile, name: str, data: bytes, executable: bool = False) -> None:
    entry = zipfile.ZipInfo(name, MOMENT)
    entry.external_attr = (0o755 if executable else 0o644) << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, data)


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit("usage: module.py MODULE_FOLDER OUTPUT_FOLDER")
    module, output = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    if not (module / f"{module.name}.psd1").is_file():
        sys.exit(f"module.py: there is no {module}/{module.name}.psd1; build first.")
    manifest = (module / f"{module.name}.psd1").read_text(encoding="utf-8")
    version = value(manifest, "ModuleVersion")
    files = sorted(p for p in module.rglob("*") if p.is_file())
    tags = names(manifest, "Tags") + ["PSModule"] + [f"PSCmdlet_{c}" for c in names(manifest, "CmdletsToExport")] + [f"PSCommand_{c}" for c in names(manifest, "CmdletsToExport")]
    nuspec = f"""<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2011/08/nuspec.xsd">
  <metadata>
    <id>{module.name}</id>
    <version>{escape(version)}</version>
    <authors>{escape(value(manifest, "Author"))}</authors>
    <owners>{escape(value(manifest, "CompanyName"))}</owners>
    <requireLicenseAcceptance>false</requireLicenseAcceptance>
    <description>{escape(value(manifest, "Description"))}</description>
    <copyright>{escape(value(manifest, "Copyright"))}</copyright>
    <tags>{escape(" ".join(tags))}</tags>
  </metadata>
</package>
"""
    extensions = sorted({p.suffix[1:] for p in files if p.suffix} | {"nuspec", "rels", "psmdcp"})
    kinds = "".join(f'<Default Extension="{escape(e)}" ContentType="{"application/vnd.openxmlformats-package.relationships+xml" if e == "rels" else "application/octet"}" />' for e in extensions)
    bare = "".join(f'<Override PartName="/{escape(p.relative_to(module).as_posix())}" ContentType="application/octet" />' for p in files if not p.suffix)
    types = f'<?xml version="1.0" encoding="utf-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{kinds}{bare}</Types>'
    relation = "R" + hashlib.sha256(version.encode()).hexdigest()[:16].upper()
    rels = ('<?xml version="1.0" encoding="utf-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Type="http://schemas.microsoft.com/packaging/2010/07/manifest" Target="/{module.name}.nuspec" Id="{relation}" /></Relationships>')
    output.mkdir(parents=True, exist_ok=True)
    package = output / f"{module.name}.{version}.nupkg"
    with zipfile.ZipFile(package, "w") as archive:
        write(archive, "_rels/.rels", rels.encode())
        write(archive, f"{module.name}.nuspec", nuspec.encode())
        write(archive, "[Content_Types].xml", types.encode())
        for path in files:
            write(archive, path.relative_to(module).as_posix(), path.read_bytes(), bool(path.stat().st_mode & 0o100))
    plain = output / f"{module.name}-{version}.zip"
    with zipfile.ZipFile(plain, "w") as archive:
        for path in files:
            write(archive, f"{module.name}/{path.relative_to(module).as_posix()}", path.read_bytes(), bool(path.stat().st_mode & 0o100))
    print(f"Packed {package} and {plain}")


if __name__ == "__main__":
    main()
