import { sniff } from 'aftercall/audio'
import { expect } from 'chai'

const bytes = (text: string) => Buffer.from(text, 'latin1')

describe('sniff', () => {
  it('knows audio by its magic bytes', () => {
    const cases: readonly (readonly [Buffer, string, string])[] = [
      [bytes('RIFF\x24\0\0\0WAVEfmt '), 'audio/wav', '.wav'],
      [bytes('ID3\x04\0\0'), 'audio/mpeg', '.mp3'],
      [bytes('\xff\xfb\x90\x64'), 'audio/mpeg', '.mp3'],
      [bytes('OggS\0'), 'audio/ogg', '.ogg'],
      [bytes('fLaC\0'), 'audio/flac', '.flac'],
      [bytes('\x1a\x45\xdf\xa3'), 'audio/webm', '.webm'],
      [bytes('\0\0\0\x20ftypM4A '), 'audio/mp4', '.m4a'],
      [bytes('\0\0\0\x20ftypisom'), 'audio/mp4', '.mp4'],
    ]
    for (const [head, mediaType, extension] of cases) {
      expect(sniff(head)).to.deep.equal({ kind: 'audio', mediaType, extension })
    }
  })

  it('says what came instead of audio', () => {
    const cases: readonly (readonly [string, string])[] = [
      ['', 'nothing at all'],
      ['<?xml version="1.0"?><TwilioResponse>', 'XML'],
      ['\xef\xbb\xbf <TwilioResponse>', 'XML'],
      ['<!DOCTYPE html><html>', 'HTML'],
      ['<html>', 'HTML'],
      ['{"status":404}', 'JSON'],
      ['#EXTM3U\n', 'a playlist'],
      ['ffconcat version 1.0', 'a playlist'],
      ['RIFF\x24\0\0\0AVI LIST', 'no audio format that is known here'],
      ['\xff\xff\xff\xff', 'no audio format that is known here'],
      ['MZ\x90\0', 'no audio format that is known here'],
    ]
    for (const [head, what] of cases) expect(sniff(bytes(head)), head).to.deep.equal({ kind: 'other', what })
  })
})
