//! What a publisher's packets belong to.

use signaling::protocol::stage::Source;

use super::{super::publisher::SourceRef, *};
use crate::media::packet::Header;

#[test]
fn a_layer_whose_section_is_used_again_is_known_by_its_number_alone() {
    let mut bench = Bench::new();
    let (_, picture) = bench.track(Source::Camera);
    let state = &mut bench.worker.tracks[picture];
    *state = Track::new(state.published(), &["l".to_owned(), "m".to_owned()]);
    let (tracks, key) = (&bench.worker.tracks, bench.worker.tracks[picture].publisher);
    let publisher = bench.worker.connections[key].publisher().unwrap();
    let medium = SourceRef { track: picture, layer: 1, repair: false };
    publisher.sources.insert(5, medium);
    let again = publisher.sections[0].clone();
    assert_eq!(publisher.forget_track(picture), [5]);
    let learn = |publisher: &Publisher, ssrc| {
        let packet = [0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, ssrc];
        publisher.learn(&Header::parse(&packet).unwrap(), &packet, tracks)
    };
    assert_eq!(learn(publisher, 5), None, "nothing is published");
    publisher.sections.push(again);
    assert_eq!(learn(publisher, 5), Some(medium));
    assert_eq!(learn(publisher, 6), None, "a stranger has to say which layer it is");
}
