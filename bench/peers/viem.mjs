// The peer of verifying typed data: viem's verifyTypedData on the same permits.
// Argument: a JSON file with domain, types, primaryType and messages (address, message, signature).
// Reads one count a line, verifies that many in turn, answers with nanoseconds of CPU time per message and how many were true.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { verifyTypedData } from 'viem'

const { domain, types, primaryType, messages } = JSON.parse(readFileSync(process.argv[2], 'utf8'))
for (const entry of messages) {
  for (const member of ['value', 'nonce', 'deadline']) {
    entry.message[member] = BigInt(entry.message[member])
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const count = Number(line)
  let valid = 0
  const from = process.cpuUsage()
  for (let i = 0; i < count; i++) {
    const { address, message, signature } = messages[i % messages.length]
    if (await verifyTypedData({ address, domain, types, primaryType, message, signature })) {
      valid++
    }
  }

  const spent = process.cpuUsage(from)
  console.log(`${(((spent.user + spent.system) * 1000) / count).toFixed(2)} ${valid}`)
}
