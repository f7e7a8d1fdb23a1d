import { describe, expect, it } from 'vitest'
import { ClassNames, memberNames, nameSchemas, pascalOf } from './names.ts'

function namesOf(...schemas: string[]): Record<string, string> {
  return Object.fromEntries(nameSchemas(schemas, new ClassNames()))
}

describe('nameSchemas', () => {
  it('takes the name between namespace and version', () => {
    expect(namesOf('demo/CounterState@1', 'sys/Timer.Set@12')).toEqual({
      'demo/CounterState@1': 'CounterState',
      'sys/Timer.Set@12': 'Timer_Set',
    })
  })

  it('adds the version to all names of which there are several', () => {
    expect(namesOf('demo/Point@2', 'demo/Point@1', 'demo/Other@1')).toEqual({
      'demo/Point@1': 'PointV1',
      'demo/Point@2': 'PointV2',
      'demo/Other@1': 'Other',
    })
  })

  it('adds the namespace where the version does not tell names apart', () => {
    expect(namesOf('demo/Point@1', 'com.acme/Point@1', 'com.acme/Point@2')).toEqual({
      'demo/Point@1': 'DemoPointV1',
      'com.acme/Point@1': 'ComAcmePointV1',
      'com.acme/Point@2': 'PointV2',
    })
  })

  it('does not take names of the language and of the SDK', () => {
    expect(namesOf('demo/Map@1', 'demo/Output@3', 'demo/class@1')).toEqual({
      'demo/Map@1': 'MapV1',
      'demo/Output@3': 'OutputV3',
      'demo/class@1': 'classV1',
    })
  })

  it('does not depend on the order of the schemas', () => {
    const schemas = ['b/X@1', 'a/X@1', 'a/X_V1@1', 'a/XV1@1', 'b/XV@1']
    expect(namesOf(...schemas)).toEqual(namesOf(...schemas.toReversed()))
    expect(new Set(Object.values(namesOf(...schemas))).size).toBe(schemas.length)
  })
})

describe('memberNames', () => {
  it('makes identifiers, escapes reserved words and keeps names apart', () => {
    const keys = ['plain', 'type', 'set', 'string', 'class', 'encode', 'with-dash', 'with_dash', '1st', 'straße', '']
    expect([...memberNames(keys).values()]).toEqual([
      'plain',
      'type',
      'set',
      'string',
      'class_',
      'encode_',
      'with_dash_',
      'with_dash',
      '_1st',
      'stra_e',
      '_',
    ])
  })
})

describe('pascalOf', () => {
  it.each([
    ['retry_count', 'RetryCount'],
    ['Start', 'Start'],
    ['a-b.c', 'ABC'],
    ['2nd', '_2nd'],
  ])('turns %s into %s', (text, expected) => {
    expect(pascalOf(text)).toBe(expected)
  })
})
