//! Recordings made from real encoded media, judged by `ffprobe` and `ffmpeg`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on stops")]

mod class;
mod crash;
mod files;
mod hostile;
mod loss;
mod time;
