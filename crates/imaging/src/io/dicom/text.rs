//! Names in the character sets of DICOM (PS3.3 C.12.1.1.2), as UTF-8.

use encoding_rs::{
    BIG5, EUC_KR, Encoding, GB18030, GBK, ISO_2022_JP, ISO_8859_2, ISO_8859_3, ISO_8859_4, ISO_8859_5,
    ISO_8859_6, ISO_8859_7, ISO_8859_8, ISO_8859_15, SHIFT_JIS, UTF_8, WINDOWS_874, WINDOWS_1252,
    WINDOWS_1254,
};

/// How names are written in a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CharacterSet(&'static Encoding);

impl Default for CharacterSet {
    /// ASCII by the standard; UTF-8 holds it, and is what files without a declaration most often contain.
    fn default() -> Self {
        Self(UTF_8)
    }
}

impl CharacterSet {
    /// The set of the defined terms in Specific Character Set; of several, the one that is not the default
    /// decides.
    pub(crate) fn named(terms: &[String]) -> Self {
        terms.iter().rev().find_map(|term| encoding(term)).map_or_else(Self::default, Self)
    }

    /// Bytes that are not of the set become U+FFFD; text that is not UTF-8 and says nothing else is taken as
    /// Latin-1.
    pub(crate) fn decode(self, bytes: &[u8]) -> String {
        if bytes.is_ascii() && !bytes.contains(&0x1B) {
            return String::from_utf8_lossy(bytes).into_owned();
        }
        if self.0 == UTF_8 && std::str::from_utf8(bytes).is_err() {
            return WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned();
        }
        if self.0 == ISO_2022_JP {
            return self.0.decode_without_bom_handling(bytes).0.into_owned();
        }
        self.0.decode_without_bom_handling(&without_escapes(bytes)).0.into_owned()
    }
}

/// Korean and Chinese sets announce themselves by `ESC $ ) C` or `ESC $ ) A`; their bytes then stand for
/// themselves.
fn without_escapes(bytes: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        rest = match rest {
            [0x1B, b'$', b')' | b'(', _, tail @ ..] => tail,
            [0x1B, b'(' | b')' | b'-' | b'$', _, tail @ ..] => tail,
            _ => {
                kept.push(*first);
                tail
            }
        };
    }
    kept
}

fn encoding(term: &str) -> Option<&'static Encoding> {
    // `ISO_IR 100` and `ISO 2022 IR 100` name one set; some writers use other separators.
    let term: String = term.chars().filter(char::is_ascii_alphanumeric).collect();
    Some(match term.to_ascii_uppercase().trim_start_matches("ISO").trim_start_matches("2022") {
        "IR100" => WINDOWS_1252,
        "IR101" => ISO_8859_2,
        "IR109" => ISO_8859_3,
        "IR110" => ISO_8859_4,
        "IR144" => ISO_8859_5,
        "IR127" => ISO_8859_6,
        "IR126" => ISO_8859_7,
        "IR138" => ISO_8859_8,
        "IR148" => WINDOWS_1254,
        "IR166" => WINDOWS_874,
        "IR203" => ISO_8859_15,
        "IR13" => SHIFT_JIS,
        "IR87" | "IR159" => ISO_2022_JP,
        "IR149" => EUC_KR,
        "IR58" => GBK,
        "IR192" => UTF_8,
        "GB18030" => GB18030,
        "GBK" => GBK,
        "BIG5" => BIG5,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // Names of PS3.5 annexes H to J and K.
    #[test]
    fn names_of_the_standard() {
        let decode = |set: &[&str], bytes: &[u8]| {
            let terms: Vec<String> = set.iter().map(|s| (*s).to_owned()).collect();
            CharacterSet::named(&terms).decode(bytes)
        };
        assert_eq!(decode(&["ISO_IR 100"], b"Buc^J\xe9r\xf4me"), "Buc^Jérôme");
        assert_eq!(decode(&["ISO_IR 192"], "王^小東".as_bytes()), "王^小東");
        assert_eq!(decode(&["GB18030"], b"\xcd\xf5^\xd0\xa1\xb6\xab"), "王^小东");
        assert_eq!(decode(&["", "ISO 2022 IR 87"], b"\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B"), "山田^太郎");
        assert_eq!(decode(&["", "ISO 2022 IR 149"], b"\x1b$)C\xb1\xe8^\x1b$)C\xc8\xf1\xc1\xdf"), "김^희중");
        assert_eq!(decode(&[], b"plain"), "plain");
        assert_eq!(decode(&[], b"T\xfcmor"), "Tümor");
    }
}
