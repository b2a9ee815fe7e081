const KiB = 1024
const MiB = 1024 * KiB

/** Every number of the wire. A test crosses each. Sizes in bytes. */
export const limits = {
  /** One WebSocket message; larger ones close with 1009. */
  messageBytes: 128 * KiB,
  /** A message comes in so many fragments at most, and what is not whole yet in so many reads. */
  webSocket: { maxFragments: 256, maxBufferedChunks: 1024 },
  /** What a sender gathers into one message before its last frame. */
  gatherBytes: 64 * KiB,
  dataBytes: 32 * KiB,
  /** A writer goes on while no more than a frame waits to be sent, or than this where the peer lets it through: what it writes in one turn leaves together. */
  roomBytes: 192 * KiB,
  paramsBytes: 64 * KiB,
  replyBytes: 32 * KiB,
  /** What one answer may hold that came as DATA. */
  largeReply: { bytes: 64 * MiB, nodes: 2_000_000, stringBytes: 16 * MiB, arrayItems: 100_000 },
  signalBytes: 256,
  signalsPerSecond: 50,
  /** What came on one stream before anybody listened; the oldest go first. */
  heldSignals: 16,
  depth: 16,
  arrayItems: 4096,
  mapEntries: 1024,
  stringBytes: 64 * KiB,
  nodes: 20_000,
  /** Receive windows: what may be under way and not yet consumed. The acceptor's is what it grants without saying so. */
  windowBytes: 256 * KiB,
  terminalWindowBytes: 64 * KiB,
  acceptorWindowBytes: 16 * KiB,
  maxWindowBytes: 4 * MiB,
  /** Sums of them. Beyond one, a window is no more than `smallWindowBytes`: an item of 32 KiB must always fit, and a fleet's samples want no CREDIT each. */
  sessionWindowBytes: 16 * MiB,
  processWindowBytes: 1024 * MiB,
  smallWindowBytes: 36 * KiB,
  /** What is kept for a resume: of one stream (the largest window and a little), of a process, and how many streams may wait. */
  retain: { streamBytes: 4 * MiB + 64 * KiB, processBytes: 32 * MiB, waiting: 256 },
  /** One slice of a `bytes` stream; the smaller one while the link is slow, a whole frame while it is fast. */
  sliceBytes: 16 * KiB,
  slowSliceBytes: 8 * KiB,
  slowBytesPerMs: 1000,
  fastBytesPerMs: 10_000,
  /** What leaves in one system call: messages of bulk that are there already. */
  togetherBytes: 256 * KiB,
  /** Bulk waits while this much is handed over and not yet taken by the kernel. */
  socketBytes: 32 * KiB,
  /** What one stream may have queued, and what all relays into one session may: beyond it the slow stream is reset or held back, not the session. */
  queueBytes: 1 * MiB,
  path: { startBytes: 64 * KiB, minBytes: 32 * KiB, maxBytes: 8 * MiB, frameBytes: 16 * KiB },
  /** What comes in bursts and leaves the link idle between them may leave as a whole: what comes in so many ms, and no more than so much. */
  burst: { ms: 20, bytes: 256 * KiB },
  /**
   * An ACK for so many bytes, for the smaller number where the last is a millisecond old, or after so long: once for all that one turn brought.
   * Where no bulk came for `quietMs` it leaves with whatever else does once it is `lateMs` old, and else as the next heartbeat.
   */
  ack: { smallBytes: 8 * KiB, bytes: 32 * KiB, delayMs: 5, quietMs: 15_000, lateMs: 1000 },
  /** One bulk frame passes after this many of calls and events. */
  fairness: 16,
  /** A terminal that sends more within a second goes as bulk until it was quiet for so long. */
  terminalBurstBytes: 64 * KiB,
  terminalQuietMs: 500,
  flowBreaches: 3,
  /** Items of a packed stream. */
  pack: {
    /** Smaller ones leave as they are. */
    smallBytes: 256,
    /** What one may be when it is unpacked. */
    inflatedBytes: 64 * KiB,
    /** Towards agents and hubs, only a slower path is packed for. */
    slowBytesPerMs: 5000,
    /** Unpacked in one turn of the event loop, each item counted as `itemCostBytes` more than it is. */
    turnBytes: 1 * MiB,
    itemCostBytes: 4 * KiB,
    /** Unpacked for one link at once, and then each second, counted in the same way. */
    budgetBytes: 32 * MiB,
    bytesPerSecond: 8 * MiB,
  },
  /** A message that gathers so little of a bulk stream, so often, is misuse. */
  smallDataBytes: 512,
  smallDataPerSecond: 1000,
  /** What a resumed stream may send again at once: a whole window of the smallest items. */
  smallDataBurst: 16 * KiB,
  agent: { openStreams: 64, opensPerSecond: 200, openBurst: 1000, rapidResetsPerSecond: 100, controlPerSecond: 500 },
  hub: { openStreams: 256, opensPerSecond: 200, openBurst: 1000, rapidResetsPerSecond: 100, controlPerSecond: 500 },
  console: { openStreams: 64, opensPerSecond: 50, openBurst: 200, rapidResetsPerSecond: 50, controlPerSecond: 200 },
  /** One more control frame for so much data received. */
  controlPerDataBytes: 8 * KiB,
  /** Something is said so often, and nobody is given up who said something, and had what was sent, within `deadMs`, or answers within the last `doubtMs` of it. */
  heartbeatMs: 15_000,
  deadMs: 40_000,
  doubtMs: 5000,
  /** Of frames that are neither OPEN, REPLY nor SIGNAL. */
  controlBytes: 4 * KiB,
  /** How long streams with a resume key wait for their next link. */
  resumeForMs: 60_000,
  terminalResumeForMs: 600_000,
  /** The round trip is measured so often while data flows; after so long without a shorter one bulk pauses until nothing is under way, and it is measured anew. */
  probe: { pingMs: 1000, everyMs: 10_000 },
  /** How often a long call says that it still works. */
  workingMs: 5000,
  /** How far ahead a hub may say that a mutation may still begin. */
  notAfterMs: 3_600_000,
  journal: { keepMs: 600_000, outcomes: 1000 },
  /** A sealing key is followed by the next one after so many messages, or so long. */
  rekey: { messages: 2 ** 20, ms: 3_600_000 },
  /** The handshake, and each of its messages: nobody says more before they are known. Then what waits for its reader, of which each message counts as so much more. */
  handshake: { ms: 5000, bytes: 4096, heldBytes: 512 * KiB, heldMessage: 256 },
  lastStreamId: 2 ** 31,
} as const

/** What the peer of each side may do: the agent's peer is the hub. */
export const peerLimits = { hub: limits.agent, agent: limits.hub, console: limits.hub } as const
