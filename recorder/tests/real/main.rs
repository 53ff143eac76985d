//! Recordings made from real encoded media, judged by `ffprobe` and `ffmpeg`.

mod class;
mod crash;
mod files;
mod hostile;
mod loss;
mod time;
