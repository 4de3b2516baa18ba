// Refuses to start an indexer on another Envio than the one that its belt was seeded with: packages that are replaced
// would otherwise change a belt's indexer at its next crash, unnoticed. What is compared is what Node loads for the code
// that is about to run, by its own rules.
"use strict"

const { existsSync, readFileSync } = require("node:fs")
const { createRequire } = require("node:module")
const { join, resolve } = require("node:path")
const { isMainThread } = require("node:worker_threads")

function refuseAnother() {
  const places = createRequire(resolve(process.argv[1])).resolve.paths("envio")
  const found = places.map((place) => join(place, "envio", "package.json")).find((file) => existsSync(file))
  // Some packages write theirs with a letter before it.
  const seen = found ? JSON.parse(readFileSync(found, "utf8")).version.replace(/^v/, "") : "none"
  const seeded = process.env.BELTS_ENVIO
  if (seeded && seen === seeded) return
  console.error(
    [
      "the indexer does not start: its data was written by another Envio than the one that is here",
      `  expected: Envio ${seeded}, by which it was seeded`,
      `  seen:     Envio ${seen} in ${found ?? places.join(", ")}`,
      `  now:      put Envio ${seeded} back there; for another one, bring up a fresh belt with it`,
    ].join("\n"),
  )
  process.exit(1)
}

// Threads of the process load this too, and what they run has no file to look from.
if (isMainThread) refuseAnother()
