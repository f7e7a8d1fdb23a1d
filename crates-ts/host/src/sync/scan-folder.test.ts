import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { formatHash, sha256 } from '@aos/cbor'
import { nodeSha256 } from '../sha256.ts'
import { runSteps } from '../steps.ts'
import { scanFolder } from './scan-folder.ts'
import type { ScannedFile } from './scan-folder.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aos-scan-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true })
})

type Found = ReadonlyMap<string, ScannedFile>

const scanOf = (place: string, known: Found = new Map()): Found =>
  runSteps(scanFolder({ folder: place, known, isIgnored: () => false }))
const scan = (known?: Found): Found => scanOf(folder, known)

const hashOf = (text: string): string => formatHash(sha256(nodeSha256, new TextEncoder().encode(text)))

test('files have encoded paths, content and mode; what tools obey is left out', () => {
  mkdirSync(join(folder, 'a b', 'empty'), { recursive: true })
  mkdirSync(join(folder, '.git'))
  writeFileSync(join(folder, '.git', 'config'), 'x')
  writeFileSync(join(folder, 'a b', 'run'), 'hello')
  chmodSync(join(folder, 'a b', 'run'), 0o700)
  writeFileSync(join(folder, '~x'), '')
  const found = scan()
  expect([...found.keys()].sort()).toEqual(['~612062/run', '~7E78'])
  expect(found.get('~612062/run')).toMatchObject({ hash: hashOf('hello'), mode: 0o755, size: 5 })
  expect(found.get('~7E78')).toMatchObject({ hash: hashOf(''), mode: 0o644, size: 0 })
  expect(scanOf(join(folder, 'none')).size).toBe(0)
})

test('a file of equal size and times is not read again; any change of it is seen', () => {
  const file = join(folder, 'f')
  writeFileSync(file, 'one')
  const [path, first] = [...scan()][0] ?? ['', undefined]
  if (first === undefined) throw new Error('nothing was found')
  const planted = { ...first, hash: formatHash(sha256(nodeSha256, new Uint8Array())) }
  expect(scan(new Map([[path, planted]])).get('f')).toEqual(planted)
  const { atime, mtime } = statSync(file)
  writeFileSync(file, 'two')
  utimesSync(file, atime, mtime)
  expect(scan(new Map([[path, planted]])).get('f')?.hash).toBe(hashOf('two'))
})

test('links are refused, wherever they lead, and the folder may be none', () => {
  mkdirSync(join(folder, 'in'))
  writeFileSync(join(folder, 'in', 'f'), 'x')
  for (const target of ['f', '..', '/etc/passwd', 'nowhere']) {
    symlinkSync(target, join(folder, 'in', 'link'))
    expect(() => scan()).toThrow(expect.objectContaining({ code: 'sync.not_a_file' }))
    rmSync(join(folder, 'in', 'link'))
  }
  symlinkSync('in', join(folder, 'root'))
  expect(() => scanOf(join(folder, 'root'))).toThrow(expect.objectContaining({ code: 'sync.not_a_file' }))
})

test('twins and bad names are refused', () => {
  writeFileSync(join(folder, 'Readme'), '')
  expect(scan().size).toBe(1)
  writeFileSync(join(folder, 'a:b'), '')
  expect(() => scan()).toThrow(expect.objectContaining({ code: 'sync.bad_character' }))
  rmSync(join(folder, 'a:b'))
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/a`), Buffer.from([0xff])]), '')
  expect(() => scan()).toThrow(expect.objectContaining({ code: 'sync.bad_character' }))
  rmSync(Buffer.concat([Buffer.from(`${folder}/a`), Buffer.from([0xff])]))
  writeFileSync(join(folder, 'README'), '')
  expect(() => scan()).toThrow(expect.objectContaining({ code: 'sync.name_twins' }))
})
