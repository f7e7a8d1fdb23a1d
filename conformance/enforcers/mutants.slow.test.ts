/** Breaks each rule of the built-in enforcers in its source, one at a time: some case or vector must notice. */
import { compileGuest } from '@aos/build'
import { expect, it } from 'vitest'
import { BUILTIN_MODULE_SOURCES, builtinModuleSources } from '../modules/module-sources.ts'
import { CASES } from './cases.ts'
import type { Case } from './cases.ts'
import { makeEnforcer } from './enforcer.ts'
import type { Ask } from './enforcer.ts'
import { ACCEPTED_URLS, REFUSED_URLS } from './url-vectors.ts'

/** The first `from` of the file becomes `to`. */
type Mutant = readonly [file: string, from: string, to: string]

const HTTP: readonly Mutant[] = [
  ['cap-check.ts', 'list === null || list.has(item)', 'list === null || list.size == 0 || list.has(item)'],
  ['cap-check.ts', 'list === null || list.has(item)', 'list !== null && list.has(item)'],
  ['cap-check.ts', 'return path.length == size || ', 'return true || '],
  ['cap-check.ts', 'path.length == size || ', ''],
  ['cap-check.ts', 'prefix.charCodeAt(size - 1) == SLASH || ', ''],
  ['cap-check.ts', ' || path.charCodeAt(size) == SLASH', ''],
  ['cap-check.ts', 'if (size == 0) return true', 'if (size == 0) return false'],
  ['index.ts', "check.effect_kind != 'http.request'", 'false'],
  ['index.ts', '!allowsFolded(grant.schemes, url.scheme)', 'false'],
  ['index.ts', '!allowsHost(grant.hosts, url.host)', 'false'],
  ['index.ts', 'ports !== null && !ports.has(url.port)', 'false'],
  ['index.ts', 'ports !== null && !ports.has(url.port)', 'ports !== null && ports.size > 0 && !ports.has(url.port)'],
  ['index.ts', '!allows(grant.methods, call.method)', 'false'],
  ['index.ts', '!allows(grant.methods, call.method)', '!allows(grant.methods, call.method.toUpperCase())'],
  ['index.ts', '!allowsPath(grant.path_prefixes, url.path)', 'false'],
  ['index.ts', 'isUnder(path, prefixes.at(at))', 'path.startsWith(prefixes.at(at))'],
  ['index.ts', 'if (list === null) return true', 'if (list === null || list.size == 0) return true'],
  ['index.ts', 'if (prefixes === null) return true', 'if (prefixes === null || prefixes.size == 0) return true'],
  ['index.ts', 'if (name.length != to - from) return false', 'if (name.length < to - from) return false'],
  ['index.ts', 'unit += 0x20', 'unit += 0'],
  ['index.ts', 'host.length - 1', 'host.length'],
  ['url.ts', 'text.length > CHARACTERS_MAX', 'false'],
  ['url.ts', 'port == defaultPort', 'false'],
  ['url.ts', '? 443 : 80', '? 80 : 443'],
  ['url.ts', 'text.charCodeAt(from) == DIGIT_0', 'false'],
  ['url.ts', 'port > 65535 ? -1 : port', 'port'],
  ['url.ts', 'if (at < size && text.charCodeAt(at) == SLASH) return -1', ''],
  ['url.ts', 'unit < 0x20', 'unit < 0'],
  ['url.ts', ' || unit == 0x7f', ''],
  ['url.ts', 'isSeparator = unit == SLASH || unit == BACKSLASH', 'isSeparator = unit == BACKSLASH'],
  ['url.ts', 'isSeparator = unit == SLASH || unit == BACKSLASH', 'isSeparator = unit == SLASH'],
  ['url.ts', 'isSeparator || unit == SEMICOLON', 'isSeparator'],
  ['url.ts', 'if (dots == 1 || dots == 2) return -1', 'if (dots == 2) return -1'],
  ['url.ts', 'return dots == 1 || dots == 2 ? -1 : at', 'return dots == 1 ? -1 : at'],
  ['url.ts', 'return dots == 1 || dots == 2 ? -1 : at', 'return dots == 2 ? -1 : at'],
  ['url.ts', 'if (from == size) return false', ''],
  ['url.ts', 'unit == APOSTROPHE || ', ''],
  ['url.ts', 'unit >= 0x41 && unit <= 0x46', 'unit >= 0x41 && unit <= 0x47'],
  ['url.ts', 'return isUnreserved(unit) ? -1 : unit', 'return unit'],
  ['url.ts', 'unit >= 0x26 && unit <= SEMICOLON', 'unit >= 0x27 && unit <= SEMICOLON'],
  ['url.ts', 'unit >= 0x26 && unit <= SEMICOLON', 'unit >= 0x26 && unit <= 0x3c'],
  ['host.ts', 'text.charCodeAt(close + 1) == COLON', 'true'],
  ['host.ts', 'at - from > NAME_MAX', 'false'],
  ['host.ts', 'size > LABEL_MAX', 'size > 64'],
  ['host.ts', 'text.charCodeAt(from) == HYPHEN', 'false'],
  ['host.ts', 'text.charCodeAt(to - 1) == HYPHEN', 'false'],
  ['host.ts', 'if (size > 3 && ', 'if (false && '],
  ['host.ts', 'unit < 0x61 || unit > 0x7a', 'unit < 0x41 || unit > 0x7a'],
  ['host.ts', '!isDigit(text.charCodeAt(labelStart)) || ', 'true || '],
  ['host.ts', 'octet > 255', 'octet > 256'],
  ['host.ts', 'size > 1 && text.charCodeAt(start) == DIGIT_0', 'false'],
  ['host.ts', 'return octets == 4', 'return octets > 1'],
  ['host.ts', 'if (size > 1) return false', ''],
  ['host.ts', 'if (size > 4) return 0', ''],
  ['host.ts', 'if (gap >= 0) return false', ''],
  ['host.ts', 'groups == GROUPS && longestRun(zeros) == 0', 'groups == GROUPS'],
  ['host.ts', 'groups == GROUPS && longestRun(zeros) == 0', 'longestRun(zeros) == 0'],
  ['host.ts', 'if (missing == 0) return false', ''],
  ['host.ts', '<< (gap + missing))) == run', '<< (gap + missing))) != 0'],
  ['host.ts', 'unit > 0x66', 'unit > 0x67'],
  ['host.ts', '(unit < 0x61 ||', '(unit < 0x41 ||'],
]

const LLM: readonly Mutant[] = [
  ['index.ts', "check.effect_kind != 'llm.generate'", 'false'],
  ['index.ts', '!allows(grant.providers, call.provider)', 'false'],
  ['index.ts', '!allows(grant.models, call.model)', 'false'],
  ['index.ts', 'call.max_tokens > limit.value', 'call.max_tokens >= limit.value'],
  ['index.ts', 'call.max_tokens > limit.value', '<i64>call.max_tokens > <i64>limit.value'],
  ['index.ts', 'limit !== null && ', 'limit !== null && limit.value > 0 && '],
  ['index.ts', 'if (tools === null) return true', 'if (tools === null || tools.size == 0) return true'],
  ['index.ts', '!tools.has(choice.asTool.name_)', 'false'],
  ['index.ts', 'if (tools.size > 0) return true', 'return true'],
  ['index.ts', 'if (tools.size > 0) return true', ''],
  ['index.ts', ' || offered.length == 0', ''],
  ['index.ts', '!choice.isRequired', 'true'],
]

const WORKSPACE: readonly Mutant[] = [
  ['index.ts', "if (op == '') return denyKind(kind)", ''],
  ['index.ts', '!allows(grant.ops, op)', 'false'],
  ['index.ts', "kind == 'workspace.resolve' || kind == 'workspace.empty_root'", "kind == 'workspace.resolve'"],
  ['index.ts', '!allowsWorkspace(grant.workspaces, names ? call.workspace : null)', 'false'],
  ['index.ts', 'workspaces.length > 0', 'true'],
  ['index.ts', "kind == 'workspace.diff' ? call.prefix : call.path", 'call.path'],
  ['index.ts', "kind == 'workspace.remove' || ", ''],
  ['index.ts', " || kind == 'workspace.annotations_get'", ''],
  ['index.ts', "return 'list'", "return 'read'"],
  ['index.ts', 'if (!isPlain(path)) return false', ''],
  ['index.ts', 'isUnder(path, prefixes[at])', 'path.startsWith(prefixes[at])'],
  ['index.ts', 'if (prefixes === null) return true', 'if (prefixes === null || prefixes.length == 0) return true'],
  ['index.ts', 'if (dots >= 0 && dots < 3) return false', 'if (dots > 0 && dots < 3) return false'],
  ['index.ts', 'if (dots >= 0 && dots < 3) return false', 'if (dots >= 0 && dots < 2) return false'],
  ['index.ts', 'return dots == OTHER || dots > 2', 'return true'],
  ['index.ts', '!isSegmentUnit(unit)', 'false'],
]

const GOVERNANCE: readonly Mutant[] = [
  ['index.ts', 'return names ? allow() : denyKind(kind)', 'return allow()'],
  ['index.ts', " || kind == 'governance.apply'", ''],
  ['index.ts', "deny('effect_params_invalid', 'the patch has no summary')", 'allow()'],
  ['index.ts', 'grant.ops === null && ', ''],
  ['index.ts', 'grant.def_kinds === null && ', ''],
  ['index.ts', 'grant.name_prefixes === null && ', ''],
  ['index.ts', ' && grant.manifest_sections === null', ''],
  ['index.ts', '!allows(grant.ops, ops.at(at))', 'false'],
  ['index.ts', '!allows(grant.def_kinds, change.kind)', 'false'],
  ['index.ts', '!allowsName(grant.name_prefixes, change.name_)', 'false'],
  ['index.ts', 'if (prefixes === null) return true', 'if (prefixes === null || prefixes.size == 0) return true'],
  ['index.ts', 'name.startsWith(prefixes.at(at))', 'name.includes(prefixes.at(at))'],
  ['index.ts', '!allows(grant.manifest_sections, sections.at(at))', 'false'],
]

const MUTANTS: ReadonlyMap<string, readonly Mutant[]> = new Map([
  ['sys/CapEnforceHttpOut@1', HTTP],
  ['sys/CapEnforceLlmBasic@1', LLM],
  ['sys/CapEnforceWorkspace@1', WORKSPACE],
  ['sys/CapEnforceGovernance@1', GOVERNANCE],
])

const URL_CASES: readonly Case[] = [
  ...ACCEPTED_URLS.map(({ url, scheme, host, port, path }) => ({
    kind: 'http.request',
    grant: { schemes: [scheme], hosts: [host], ports: [port], path_prefixes: [path] },
    params: { method: 'GET', url, headers: {} },
    verdict: 'allowed',
  })),
  ...REFUSED_URLS.map(({ url, code }) => ({
    kind: 'http.request',
    grant: {},
    params: { method: 'GET', url, headers: {} },
    verdict: code,
  })),
]

function casesOf(name: string): readonly Case[] {
  return [...(CASES.get(name) ?? []), ...(name === 'sys/CapEnforceHttpOut@1' ? URL_CASES : [])]
}

function isNoticed(ask: Ask, cases: readonly Case[]): boolean {
  return cases.some((question) => ask(question).verdict !== question.verdict)
}

const ENFORCERS = BUILTIN_MODULE_SOURCES.filter(({ name }) => CASES.has(name))

it.each(ENFORCERS)('each broken rule of $name is noticed', async (source) => {
  const cases = casesOf(source.name)
  expect(isNoticed(makeEnforcer(source.name), cases)).toBe(false)
  const mutants = MUTANTS.get(source.name) ?? []
  expect(mutants.length).toBeGreaterThan(9)
  const survivors: Mutant[] = []
  for (const mutant of mutants) {
    const [file, from, to] = mutant
    let edits = 0
    const sources = builtinModuleSources(source, (name, text) => {
      if (name !== file || !text.includes(from)) return text
      edits += 1
      return text.replace(from, () => to)
    })
    expect(edits, `${file}: ${from}`).toBe(1)
    const { wasm } = await compileGuest(sources)
    if (!isNoticed(makeEnforcer(source.name, wasm), cases)) survivors.push(mutant)
  }
  expect(survivors).toEqual([])
})
