// Compiles the contracts of this directory: prints the bytecode and the selectors of the market.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const solc = createRequire(join(here, 'compile.mjs'))('solc')
const compiled = JSON.parse(solc.compile(JSON.stringify({
  language: 'Solidity',
  sources: { 'Market.sol': { content: readFileSync(join(here, 'Market.sol'), 'utf8') } },
  settings: {
    evmVersion: 'cancun',
    outputSelection: { '*': { '*': ['evm.bytecode.object', 'evm.methodIdentifiers'] } },
  },
})))
if (compiled.errors?.length) throw new Error(compiled.errors[0].formattedMessage)
const { bytecode, methodIdentifiers } = compiled.contracts['Market.sol'].Market.evm
console.log(JSON.stringify({ bytecode: `0x${bytecode.object}`, methods: methodIdentifiers }))
