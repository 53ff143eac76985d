//! The examples of PROTOCOL.md are the wire format.

use std::collections::BTreeSet;

use super::*;

const PROTOCOL: &str = include_str!("../../PROTOCOL.md");

/// The JSON blocks of one sort.
fn examples(sort: &str) -> Vec<&'static str> {
    let opening = format!("```json {sort}\n");
    PROTOCOL
        .split(opening.as_str())
        .skip(1)
        .filter_map(|rest| rest.split_once("\n```"))
        .map(|(json, _)| json)
        .collect()
}

fn kind(json: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(json).unwrap();
    value["type"].as_str().unwrap().to_owned()
}

/// The tags that serde knows, from its own refusal of an unknown one.
fn known<T: serde::de::DeserializeOwned>() -> BTreeSet<String> {
    let error = serde_json::from_str::<T>(r#"{"type":"?"}"#).err().unwrap().to_string();
    error.split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_request_has_an_example_that_is_understood_and_written_back() {
    for json in examples("request") {
        let request: Request = serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"));
        assert_eq!(request.kind(), kind(json));
        let written = serde_json::to_value(&request).unwrap();
        assert_eq!(written, serde_json::from_str::<serde_json::Value>(json).unwrap());
    }
    let shown: BTreeSet<String> = examples("request").into_iter().map(kind).collect();
    assert_eq!(shown, known::<Request>());
}

#[test]
fn every_notice_has_an_example_that_is_understood_and_written_back() {
    for json in examples("notice") {
        let envelope: Envelope = serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"));
        let written = serde_json::to_value(&envelope).unwrap();
        assert_eq!(written, serde_json::from_str::<serde_json::Value>(json).unwrap());
    }
    let shown: BTreeSet<String> = examples("notice").into_iter().map(kind).collect();
    assert_eq!(shown, known::<Notice>());
}

#[test]
fn every_refusal_is_in_the_table() {
    for json in examples("refusal") {
        serde_json::from_str::<Refusal>(json).unwrap();
    }
    let error = serde_json::from_str::<Refusal>(r#"{"code":"?"}"#).unwrap_err().to_string();
    for code in error.split('`').skip(3).step_by(2) {
        assert!(PROTOCOL.contains(&format!("`{code}`")), "{code} is missing from PROTOCOL.md");
    }
}

#[test]
fn unknown_types_and_fields_are_refused_in_requests() {
    for json in [
        r#"{"type":"dance"}"#,
        r#"{"type":"heartbeat","extra":1}"#,
        r#"{"type":"chat_post","clientId":"a","text":"b","to":"c"}"#,
        r#"{"type":"publish","sdp":"","tracks":[{"mid":"0","source":"microphone","muted":false,"x":1}]}"#,
        r#"{"text":"no type"}"#,
        "[]",
        "nonsense",
    ] {
        assert!(serde_json::from_str::<Request>(json).is_err(), "{json}");
    }
}
