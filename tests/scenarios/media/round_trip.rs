//! How long the way of somebody who only publishes is: measured by the time that comes back in extended reports.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use load::{
    proxy::{Impairment, Network},
    raw::Caller,
};
use server::media::Event;

use super::hall::Hall;

/// One way.
const DELAY: Duration = Duration::from_millis(60);
/// How long the publisher keeps what it is told.
const KEPT: Duration = Duration::from_millis(200);
const EXTENDED: u8 = 207;

/// The time in an extended report (RFC 3611 §4.4), if the compound has one: the middle of it, as it is sent back.
fn time(compound: &[u8]) -> Option<[u8; 4]> {
    let mut rest = compound;
    loop {
        let [_, kind, high, low, ..] = *rest else { return None };
        let (part, next) = rest.split_at_checked(4 * (usize::from(u16::from_be_bytes([high, low])) + 1))?;
        match (kind, part) {
            (EXTENDED, [_, _, _, _, _, _, _, _, 4, 0, 0, 2, _, _, a, b, c, d, ..]) => {
                return Some([*a, *b, *c, *d]);
            }
            _ => rest = next,
        }
    }
}

/// A receiver report, and the time that comes back after it was [`KEPT`].
fn answer(time: [u8; 4]) -> Vec<u8> {
    let kept = u32::try_from(KEPT.as_micros() * 65_536 / 1_000_000).unwrap_or(0);
    let report = [0x80, 201, 0, 1, 0, 0, 0, 9];
    let extended = [0x80, EXTENDED, 0, 5, 0, 0, 0, 9, 5, 0, 0, 3, 0, 0, 0, 1];
    [&report[..], &extended, &time, &kept.to_be_bytes()].concat()
}

#[tokio::test]
async fn who_only_publishes_is_told_its_round_trip() -> Result<()> {
    let (mut hall, proxy) = Hall::behind(30)?;
    let (mut raw, _, _) = hall.publishes_raw(Caller::new(IpAddr::V4(Ipv4Addr::LOCALHOST))?).await?;
    proxy.set(Network::both(Impairment { delay: DELAY, ..Impairment::default() }));
    let answering = tokio::task::spawn_blocking(move || -> Result<()> {
        for _ in 0..12 {
            let time = loop {
                if let Some(time) = time(&raw.told()?) {
                    break time;
                }
            };
            std::thread::sleep(KEPT);
            raw.rtcp(&answer(time))?;
        }
        Ok(())
    });
    // The machine may be slow at times, but not every time.
    let least = u16::try_from(2 * DELAY.as_millis()).context("a delay")?;
    let figure = |event: &Event| match event {
        Event::Quality { round_trip_ms, .. } if (least..least + 100).contains(round_trip_ms) => {
            Some(*round_trip_ms)
        }
        _ => None,
    };
    let told = hall.hears("the round trip", figure).await?;
    ensure!(told < least + 100, "{told} ms");
    answering.abort();
    Ok(())
}
