// The two ends of an MLLP connection with the npm packages node-hl7-server and node-hl7-client.
//   peer.js server PORT             acknowledges every message with AA
//   peer.js send HOST PORT FILE...  each file holds one message; all over one connection
//   peer.js batch HOST PORT FILE... the same messages as one batch
const fs = require('fs')

async function serve (port) {
  const { Server } = require('node-hl7-server')
  const server = new Server({ bindAddress: '0.0.0.0' })
  server.createInbound({ port }, async (req, res) => { await res.sendResponse('AA') })
}

async function send (host, port, files) {
  const { Client, Message } = require('node-hl7-client')
  let answered = () => {}
  const client = new Client({ host })
  const connection = client.createConnection({ port }, async () => { answered() })
  await new Promise((resolve) => connection.once('connect', resolve))
  for (const file of files) {
    const answer = new Promise((resolve) => { answered = resolve })
    await connection.sendMessage(new Message({ text: fs.readFileSync(file, 'utf8') }))
    await answer
  }
  await connection.close()
  process.exit(0)
}

async function batch (host, port, files) {
  const { Batch, Client, Message } = require('node-hl7-client')
  let answered = () => {}
  const client = new Client({ host })
  const connection = client.createConnection({ port }, async () => { answered() })
  await new Promise((resolve) => connection.once('connect', resolve))
  const all = new Batch()
  all.start()
  all.set('BHS.3', 'LIS')
  all.set('BHS.5', 'ENGINE')
  all.set('BHS.11', 'NPMBATCH')
  for (const file of files) all.add(new Message({ text: fs.readFileSync(file, 'utf8') }))
  all.end()
  let left = files.length
  const done = new Promise((resolve) => { answered = () => { if (--left === 0) resolve() } })
  await connection.sendMessage(all)
  await done
  await connection.close()
  process.exit(0)
}

const [mode, ...args] = process.argv.slice(2)
if (mode === 'server') serve(Number(args[0]))
else if (mode === 'send') send(args[0], Number(args[1]), args.slice(2))
else if (mode === 'batch') batch(args[0], Number(args[1]), args.slice(2))
else { console.error('usage: peer.js server PORT | peer.js send|batch HOST PORT FILE...'); process.exit(2) }
