"""Films made here: frames of one colour at known times, with a sound or without."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest

from curate.pairs.audio import Waveform


def film(times: np.ndarray, sound: Waveform | None = None) -> bytes:
    """An MP4 whose frames are shown at `times`, rising seconds to a millisecond."""
    av = pytest.importorskip("av")
    from fractions import Fraction

    out = BytesIO()
    with av.open(out, "w", format="mp4") as container:
        pictures = container.add_stream("mpeg4", rate=25)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        pictures.codec_context.time_base = pictures.time_base = Fraction(1, 1000)
        track = container.add_stream("aac", rate=sound.rate, layout="mono") if sound else None
        for time in times:
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
            frame.pts, frame.time_base = round(time * 1000), Fraction(1, 1000)
            container.mux(pictures.encode(frame))
        container.mux(pictures.encode())
        if sound is not None and track is not None:
            heard = av.AudioFrame.from_ndarray(sound.samples.T.copy(), format="fltp", layout="mono")
            heard.sample_rate, heard.pts = sound.rate, 0
            container.mux(track.encode(heard))
            container.mux(track.encode())
    return out.getvalue()
