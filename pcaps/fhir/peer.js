// A FHIR server around the router and memory repository of the npm package @medplum/fhir-router, and a
// conversation by the npm package fhir-kit-client.
//   peer.js server PORT | peer.js client BASE-URL
const http = require('http')

const STATUS = { ok: 200, created: 201, 'not-found': 404, 'not-modified': 304 }

async function answer (router, repo, request, text) {
  const url = new URL(request.url, 'http://server')
  let body
  try { body = text ? JSON.parse(text) : undefined } catch (e) { body = undefined }
  const [outcome, resource] = await router.handleRequest({
    method: request.method, url: url.pathname.replace('/fhir/R4', '') + url.search, pathname: '', params: {},
    query: Object.fromEntries(url.searchParams), headers: request.headers, body
  }, repo)
  return [STATUS[outcome.id] || 400, resource || outcome]
}

function serve (port) {
  const { FhirRouter, MemoryRepository } = require('@medplum/fhir-router')
  const router = new FhirRouter()
  const repo = new MemoryRepository()
  http.createServer((request, response) => {
    let text = ''
    request.on('data', (part) => { text += part })
    request.on('end', async () => {
      const [status, resource] = await answer(router, repo, request, text)
      response.writeHead(status, { 'Content-Type': 'application/fhir+json; charset=utf-8', 'X-Powered-By': 'medplum-router' })
      response.end(JSON.stringify(resource))
    })
  }).listen(port)
}

async function talk (baseUrl) {
  const { Client } = await import('fhir-kit-client')
  const client = new Client({ baseUrl, customHeaders: { Authorization: 'Bearer CANARYtoken' } })
  const patient = {
    resourceType: 'Patient', identifier: [{ system: 'urn:oid:1.2.392.100495.20.3.51', value: 'CANARY0001' }],
    name: [{ family: 'CANARY', given: ['TARO'] }, { text: '金糸雀 太郎' }, { text: 'キャナリー タロウ' }],
    telecom: [{ system: 'phone', value: '03-0000-0000' }], gender: 'male', birthDate: '1960-01-02',
    meta: { profile: ['http://jpfhir.jp/fhir/core/StructureDefinition/JP_Patient'] }
  }
  const monitor = {
    resourceType: 'Device', manufacturer: 'Acme Medical', modelNumber: 'Acme Bedside 9', serialNumber: 'BM-90017', status: 'active',
    deviceName: [{ name: 'Bedside monitor 7', type: 'user-friendly-name' }], version: [{ value: '4.2.0' }],
    udiCarrier: [{ deviceIdentifier: '04912345678904' }]
  }
  const p = await client.create({ resourceType: 'Patient', body: patient })
  const d = await client.create({ resourceType: 'Device', body: monitor })
  const pulse = {
    resourceType: 'Observation', status: 'final', subject: { reference: 'Patient/' + p.id, display: 'CANARY TARO' },
    device: { reference: 'Device/' + d.id }, valueQuantity: { value: 72, unit: '/min' },
    code: { coding: [{ system: 'http://loinc.org', code: '8867-4', display: 'Heart rate' }] }
  }
  await client.create({ resourceType: 'Observation', body: pulse })
  await client.read({ resourceType: 'Patient', id: p.id })
  await client.search({ resourceType: 'Patient', searchParams: { name: 'CANARY', birthdate: '1960-01-02' } })
  await client.search({ resourceType: 'Observation', searchParams: { subject: 'Patient/' + p.id }, options: { postSearch: true } }).catch(() => {})
  await client.read({ resourceType: 'Patient', id: '00000000-0000-4000-8000-000000000000' }).catch(() => {})
  await client.batch({
    body: {
      resourceType: 'Bundle', type: 'batch',
      entry: [{ request: { method: 'GET', url: 'Patient/' + p.id } }, { request: { method: 'GET', url: 'Device?_count=5' } },
        { resource: pulse, request: { method: 'POST', url: 'Observation' } }]
    }
  })
  await client.update({ resourceType: 'Patient', id: p.id, body: { ...p, gender: 'other' } })
  await client.operation({ name: 'everything', resourceType: 'Patient', id: p.id, method: 'GET' }).catch(() => {})
  await client.delete({ resourceType: 'Patient', id: p.id }).catch(() => {})
  process.exit(0)
}

const [mode, where] = process.argv.slice(2)
if (mode === 'server') serve(Number(where))
else if (mode === 'client') talk(where)
else { console.error('usage: peer.js server PORT | peer.js client BASE-URL'); process.exit(2) }
