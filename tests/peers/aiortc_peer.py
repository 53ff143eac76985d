"""Joins a class over the real protocol with aiortc, an implementation of WebRTC that is not ours.

Publishes a picture of one colour and a tone, receives what somebody else publishes, really decodes it, and prints one
JSON line: {"frames", "rgb", "samples", "hz", "sent", "lost"}.

    aiortc_peer.py LINK NAME --wait SECONDS
"""

import argparse
import asyncio
import fractions
import json
import math
import time
from urllib.parse import urlsplit

import av
import websockets
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription, VideoStreamTrack

ORANGE = (200, 120, 40)
TONE = 750
RATE = 48_000
SAMPLES = RATE // 50
# 20 ms hold a whole number of periods, so every frame is the same.
WAVE = b"".join(
    int(12_000 * math.sin(2 * math.pi * TONE * n / RATE)).to_bytes(2, "little", signed=True) for n in range(SAMPLES)
)


class Colour(VideoStreamTrack):
    """One colour, 320×240, at the pace of aiortc's own clock."""

    async def recv(self):
        pts, time_base = await self.next_timestamp()
        frame = av.VideoFrame(320, 240, "rgb24")
        frame.planes[0].update(bytes(ORANGE) * (320 * 240))
        frame.pts, frame.time_base = pts, time_base
        return frame


class Tone(MediaStreamTrack):
    """A sine wave in frames of 20 ms."""

    kind = "audio"

    def __init__(self):
        super().__init__()
        self.sent = 0
        self.start = time.monotonic()

    async def recv(self):
        await asyncio.sleep(max(0.0, self.start + self.sent / RATE - time.monotonic()))
        frame = av.AudioFrame(format="s16", layout="mono", samples=SAMPLES)
        frame.planes[0].update(WAVE)
        frame.pts, frame.sample_rate, frame.time_base = self.sent, RATE, fractions.Fraction(1, RATE)
        self.sent += SAMPLES
        return frame


class Ear:
    """What was decoded: the last colour seen, the number of zero crossings heard."""

    def __init__(self):
        self.frames = 0
        self.rgb = None
        self.samples = 0
        self.crossings = 0

    async def watch(self, track):
        while True:
            frame = await track.recv()
            self.frames += 1
            if self.frames % 5 == 0:
                small = frame.reformat(width=16, height=16, format="rgb24")
                plane = small.planes[0]
                row = bytes(plane)[8 * plane.line_size + 24 :][:3]
                self.rgb = list(row)

    async def listen(self, track):
        last = 0
        while True:
            frame = await track.recv()
            channels = len(frame.layout.channels)
            pcm = memoryview(bytes(frame.planes[0])).cast("h")[: frame.samples * channels : channels]
            if max(pcm) > 500:
                self.samples += len(pcm)
                for value in pcm:
                    if value and last and (value < 0) != (last < 0):
                        self.crossings += 1
                    last = value or last

    def hz(self):
        return round(self.crossings * RATE / 2 / self.samples) if self.samples else 0


async def gathered(connection):
    while connection.iceGatheringState != "complete":
        await asyncio.sleep(0.02)
    return connection.localDescription.sdp


async def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("link")
    arguments.add_argument("name")
    arguments.add_argument("--wait", type=float, default=8)
    asked = arguments.parse_args()

    link = urlsplit(asked.link)
    # Without a list of its own, aiortc asks a public STUN server.
    nobody = RTCConfiguration(iceServers=[])
    ear, publish, subscribe = Ear(), RTCPeerConnection(nobody), RTCPeerConnection(nobody)
    tone, tasks = Tone(), []

    @subscribe.on("track")
    def on_track(track):
        tasks.append(asyncio.ensure_future(ear.watch(track) if track.kind == "video" else ear.listen(track)))

    async with websockets.connect(f"ws://{link.netloc}/ws", max_size=None) as socket:

        async def ask(**request):
            await socket.send(json.dumps(request))

        await ask(
            type="hello", version=1, ticket=link.fragment, name=asked.name, resume=None, recordingAcknowledged=True
        )

        async def heart():
            while True:
                await asyncio.sleep(10)
                await ask(type="heartbeat")

        async def converse():
            async for text in socket:
                notice = json.loads(text)
                if notice["type"] == "welcome":
                    publish.addTrack(tone)
                    publish.addTrack(Colour())
                    await publish.setLocalDescription(await publish.createOffer())
                    sdp = await gathered(publish)
                    tracks = [
                        {
                            "mid": transceiver.mid,
                            "source": "microphone" if transceiver.kind == "audio" else "camera",
                            "muted": False,
                        }
                        for transceiver in publish.getTransceivers()
                    ]
                    await ask(type="publish", sdp=sdp, tracks=tracks)
                elif notice["type"] == "publish_answer":
                    await publish.setRemoteDescription(RTCSessionDescription(notice["sdp"], "answer"))
                elif notice["type"] == "subscribe_offer":
                    await subscribe.setRemoteDescription(RTCSessionDescription(notice["sdp"], "offer"))
                    await subscribe.setLocalDescription(await subscribe.createAnswer())
                    sdp = await gathered(subscribe)
                    await ask(type="subscribe_answer", negotiation=notice["negotiation"], sdp=sdp)
                elif notice["type"] == "refused":
                    raise RuntimeError(f"refused: {notice['reason']}")

        talk = asyncio.ensure_future(converse())
        tasks += [talk, asyncio.ensure_future(heart())]
        await asyncio.wait([talk], timeout=asked.wait)
        if talk.done():
            talk.result()
        await ask(type="leave")

    received = (await subscribe.getStats()).values()
    result = {
        "lost": sum(entry.packetsLost for entry in received if entry.type == "inbound-rtp"),
        "frames": ear.frames,
        "rgb": ear.rgb,
        "samples": ear.samples,
        "hz": ear.hz(),
        "sent": tone.sent,
        "publish": publish.connectionState,
        "subscribe": subscribe.connectionState,
    }
    print(json.dumps(result), flush=True)
    for task in tasks:
        task.cancel()
    await publish.close()
    await subscribe.close()


asyncio.run(main())
