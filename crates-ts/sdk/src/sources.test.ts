import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readSdkFiles } from './sources.ts'

const ASSEMBLY = fileURLToPath(new URL('../assembly', import.meta.url))

describe('readSdkFiles', () => {
  it('reads the same files from the package and from a given folder', () => {
    const files = readSdkFiles()
    expect(files.get('index.ts')).toContain("export { Output, encodeTextKey, encodeValue } from './output'")
    expect(readSdkFiles({ sdkDir: ASSEMBLY })).toEqual(files)
  })

  it('says where it looked', () => {
    expect(() => readSdkFiles({ sdkDir: `${ASSEMBLY}/nowhere` })).toThrow(
      expect.objectContaining({
        code: 'sdk.sources_missing',
        message: expect.stringContaining('nowhere') as string,
      }) as Error,
    )
  })
})
