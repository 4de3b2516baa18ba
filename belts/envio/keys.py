"""The keys that an Envio config may have, as the verified version's own JSON schema has them."""

CONFIG = frozenset(
    {
        "name",
        "description",
        "ecosystem",
        "schema",
        "output",
        "handlers",
        "full_batch_size",
        "contracts",
        "chains",
        "rollback_on_reorg",
        "save_full_history",
        "field_selection",
        "raw_events",
        "address_format",
    }
)
CONTRACT = frozenset({"name", "abi_file_path", "handler", "events"})
EVENT = frozenset({"event", "name", "field_selection"})
CHAIN = frozenset(
    {
        "id",
        "rpc",
        "hypersync_config",
        "max_reorg_depth",
        "block_lag",
        "start_block",
        "end_block",
        "contracts",
    }
)
CHAIN_CONTRACT = CONTRACT | {"address", "start_block"}
