"""What the name of a medium's file ends in: its format, by the content and not by an older name."""

from __future__ import annotations

_USUAL = {"JPEG": "jpg"}


def extension(data: bytes, modality: str) -> str:
    """`jpg`, `flac`, `mp4`; raises `Unreadable` where the content is nothing of its kind."""
    form = _format(data, modality)
    return _USUAL.get(form, form.lower())


def _format(data: bytes, modality: str) -> str:
    if modality == "image":
        from curate.pairs.image import image_format

        return image_format(data)
    if modality == "audio":
        from curate.pairs.audio import probe_audio

        return probe_audio(data).format
    if modality == "video":
        from curate.pairs.video import probe_video

        return probe_video(data).format
    from curate.pairs.sensor import sensor_format

    return sensor_format(data)
