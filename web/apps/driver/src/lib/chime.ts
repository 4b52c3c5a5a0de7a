let context: AudioContext | null = null;

/** Browsers allow sound after a touch only: called in one. */
export function allowSound(): void {
  try {
    context ??= new AudioContext();
    void context.resume();
  } catch {
    context = null;
  }
}

/** Allows sound at each touch until the returned function is called: the page may have been loaded while online. */
export function allowSoundByTouch(): () => void {
  const events = ["pointerdown", "keydown"];
  events.forEach((event) => addEventListener(event, allowSound));
  return () => events.forEach((event) => removeEventListener(event, allowSound));
}

function tone(audio: AudioContext, frequency: number, start: number, seconds: number): void {
  const oscillator = audio.createOscillator();
  const volume = audio.createGain();
  oscillator.type = "sine";
  oscillator.frequency.value = frequency;
  volume.gain.setValueAtTime(0, start);
  volume.gain.linearRampToValueAtTime(0.5, start + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.001, start + seconds);
  oscillator.connect(volume).connect(audio.destination);
  oscillator.start(start);
  oscillator.stop(start + seconds);
}

function ring(): void {
  if (context?.state === "running") {
    const now = context.currentTime;
    tone(context, 660, now, 0.35);
    tone(context, 880, now + 0.22, 0.5);
  }
  if ("vibrate" in navigator) navigator.vibrate([250, 120, 250]);
}

const EVERY_MS = 2_000;

/** Rings and vibrates until the returned function is called. */
export function ringForOffer(): () => void {
  ring();
  const timer = setInterval(ring, EVERY_MS);
  return () => {
    clearInterval(timer);
    if ("vibrate" in navigator) navigator.vibrate(0);
  };
}
