"""Who a belt by URL is: by its database as it was seen, and by its project where that is known."""

import hashlib

from belts.refusal import Refusal
from belts.spec.identity import Identity
from belts.spec.url_belt import UrlBelt

UNKNOWN = "unknown"


def identity_of(spec: UrlBelt) -> Identity:
    """What its own host has noted of its project counts; refused where its stack names another one."""
    edge, project = spec.edge, spec.project
    noted = edge.noted
    if noted is not None and project is not None and noted != project.digest:
        raise Refusal(
            f"{spec.name}: its stack names another project than the one that it runs",
            expected=f"the project {noted}, as its own host has noted in its database",
            seen=f"{project.digest}, of {project.directory / project.config}",
            now="check out what it was deployed from, or take `envio` out of its stack's config",
        )
    return Identity(
        system_identifier=edge.system_identifier,
        database_oid=edge.database_oid,
        chain_table_oid=edge.chain_table_oid,
        database=edge.database,
        project_digest=noted or (project.digest if project else _by_place(spec)),
        schema_digest=project.schema_digest if project else UNKNOWN,
        indexer_version=(project.version if project else "") or UNKNOWN,
    )


def _by_place(spec: UrlBelt) -> str:
    """What stands in for a project that nobody knows: where the belt is."""
    told = f"{spec.edge.url} {spec.edge.system_identifier} {spec.edge.database_oid}"
    return f"url:{hashlib.sha256(told.encode()).hexdigest()}"
