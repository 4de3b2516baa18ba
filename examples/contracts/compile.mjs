// Compiles the contracts of this directory and writes what the rest needs of each into `artefacts/`.
//
//   node examples/contracts/compile.mjs [OUTPUT_DIRECTORY]
//
// The output depends on nothing but the sources and the version of solc in package-lock.json, so it is committed
// beside them, and a test compiles again and compares.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const solc = createRequire(join(here, 'compile.mjs'))('solc')
const output = process.argv[2] ?? join(here, 'artefacts')

const names = readdirSync(here).filter((name) => name.endsWith('.sol')).sort()
const compiled = JSON.parse(solc.compile(JSON.stringify({
  language: 'Solidity',
  sources: Object.fromEntries(names.map((name) => [name, { content: readFileSync(join(here, name), 'utf8') }])),
  settings: {
    evmVersion: 'cancun',
    optimizer: { enabled: true, runs: 10_000 },
    metadata: { bytecodeHash: 'none' },
    outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.methodIdentifiers'] } },
  },
})))

const problems = compiled.errors ?? []
for (const problem of problems) console.error(problem.formattedMessage)
if (problems.length > 0) process.exit(1)

mkdirSync(output, { recursive: true })
for (const name of names) {
  for (const [contract, { abi, evm }] of Object.entries(compiled.contracts[name])) {
    const artefact = { compiler: solc.version(), abi, methods: evm.methodIdentifiers, bytecode: `0x${evm.bytecode.object}` }
    writeFileSync(join(output, `${contract}.json`), `${JSON.stringify(artefact, null, 2)}\n`)
  }
}
