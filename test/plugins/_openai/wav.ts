const HEADER_BYTES = 44

/** A mono 16-bit WAV file with beeps and pauses, which nobody takes for silence. Amplitude 0 makes silence. */
export function wav(seconds: number, sampleRate = 16_000, amplitude = 8_000): Buffer<ArrayBuffer> {
  const samples = Math.round(seconds * sampleRate)
  const file = Buffer.alloc(HEADER_BYTES + samples * 2)
  file.write('RIFF', 0, 'latin1')
  file.writeUInt32LE(file.length - 8, 4)
  file.write('WAVEfmt ', 8, 'latin1')
  file.writeUInt32LE(16, 16)
  file.writeUInt16LE(1, 20)
  file.writeUInt16LE(1, 22)
  file.writeUInt32LE(sampleRate, 24)
  file.writeUInt32LE(sampleRate * 2, 28)
  file.writeUInt16LE(2, 32)
  file.writeUInt16LE(16, 34)
  file.write('data', 36, 'latin1')
  file.writeUInt32LE(samples * 2, 40)
  if (amplitude === 0) return file
  for (let index = 0; index < samples; index++) {
    const time = index / sampleRate
    const beeping = time % 0.5 < 0.3
    if (beeping) file.writeInt16LE(Math.round(amplitude * Math.sin(2 * Math.PI * 440 * time)), HEADER_BYTES + index * 2)
  }
  return file
}
