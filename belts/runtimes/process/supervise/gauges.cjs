// What a gate wants to know of an indexer's process and Envio's own metrics do not show: how far its heap may grow,
// whether its next start would begin from nothing, and into which database it writes. All of it is asked of the process
// itself, so that no file can claim it.
"use strict"

const { getHeapStatistics } = require("node:v8")
const { Gauge } = require(require.resolve("prom-client", { paths: [process.cwd()] }))

const MEBIBYTE = 1024 * 1024

// V8's own limit holds the young generation too, which differs from version to version: what was asked for is exact.
const options = [...(process.env.NODE_OPTIONS ?? "").split(/\s+/), ...process.execArgv]
const asked = options.map((option) => /^--max[-_]old[-_]space[-_]size=(\d+)$/.exec(option)).filter(Boolean).at(-1)
const heapLimit = asked ? Number(asked[1]) * MEBIBYTE : getHeapStatistics().heap_size_limit

const isOn = (value) => value !== undefined && !["", "0", "false"].includes(value.toLowerCase())

new Gauge({
  name: "belts_heap_limit_bytes",
  help: "How far the heap of the indexer may grow",
}).set(heapLimit)

new Gauge({
  name: "belts_reseed_flag",
  help: "1 where the indexer would start from nothing if it were started again as it is",
}).set(Number(process.argv.includes("--restart") || isOn(process.env[process.env.BELTS_RESEEDS])))

// As the host saw it in the database that this process is told to write into.
const [system, oid] = (process.env.BELTS_DATABASE ?? "").split("/")
if (system && oid) {
  new Gauge({
    name: "belts_database_info",
    help: "1, for the database that the indexer writes into",
    labelNames: ["system_identifier", "database_oid"],
  })
    .labels(system, oid)
    .set(1)
}
