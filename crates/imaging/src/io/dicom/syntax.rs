//! Transfer syntaxes: how a file is encoded, and which of them can be read.

use super::{error::DicomError, parse::Encoding};

/// How the pixels are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    /// As they are.
    Native,
    /// Frames in fragments, not compressed.
    Fragments,
    /// Frames in fragments, each deflated.
    DeflatedFrames,
    Rle,
    /// Sequential or lossless: the data says which.
    Jpeg,
    JpegLs,
    Jpeg2000,
}

impl Codec {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Native => "uncompressed",
            Self::Fragments => "encapsulated",
            Self::DeflatedFrames => "deflated",
            Self::Rle => "RLE",
            Self::Jpeg => "JPEG",
            Self::JpegLs => "JPEG-LS",
            Self::Jpeg2000 => "JPEG 2000",
        }
    }
}

/// A transfer syntax that can be read as data set; its pixels may still be out of reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Syntax {
    pub(crate) uid: &'static str,
    pub(crate) name: &'static str,
    pub(crate) encoding: Encoding,
    /// The data set is deflated as a whole.
    pub(crate) deflated: bool,
    /// `None`: the pixels cannot be decoded.
    pub(crate) codec: Option<Codec>,
}

impl Syntax {
    /// The syntax of a UID.
    ///
    /// # Errors
    /// [`DicomError::Syntax`] for one that is not known.
    pub(crate) fn of(uid: &str) -> Result<Self, DicomError> {
        ALL.iter().find(|s| s.uid == uid).copied().ok_or_else(|| DicomError::Syntax {
            name: "unknown".into(),
            uid: uid.chars().filter(|c| c.is_ascii_digit() || *c == '.').take(64).collect(),
            hint: "the UID is none of the standard",
        })
    }

    /// The plain syntax of an encoding, for files that name none.
    pub(crate) fn plain(encoding: Encoding) -> Self {
        match (encoding.explicit, encoding.big_endian) {
            (false, _) => ALL[0],
            (true, false) => ALL[1],
            (true, true) => ALL[2],
        }
    }

    pub(crate) fn codec(&self) -> Result<Codec, DicomError> {
        self.codec.ok_or_else(|| DicomError::Syntax {
            name: self.name.into(),
            uid: self.uid.into(),
            hint: "convert the files to an uncompressed transfer syntax first, \
                   for example with `dcmdjpeg`, `dcmconv` or `gdcmconv --raw`",
        })
    }
}

const fn explicit(uid: &'static str, name: &'static str, codec: Option<Codec>) -> Syntax {
    Syntax { uid, name, encoding: Encoding::EXPLICIT, deflated: false, codec }
}

/// PS3.6 table A-1; names as there, without `Transfer Syntax`.
#[rustfmt::skip]
const ALL: [Syntax; 34] = [
    Syntax { encoding: Encoding::IMPLICIT,
        ..explicit("1.2.840.10008.1.2", "Implicit VR Little Endian", Some(Codec::Native)) },
    explicit("1.2.840.10008.1.2.1", "Explicit VR Little Endian", Some(Codec::Native)),
    Syntax { encoding: Encoding::BIG_ENDIAN,
        ..explicit("1.2.840.10008.1.2.2", "Explicit VR Big Endian", Some(Codec::Native)) },
    explicit("1.2.840.10008.1.2.1.98", "Encapsulated Uncompressed Explicit VR Little Endian", Some(Codec::Fragments)),
    Syntax { deflated: true,
        ..explicit("1.2.840.10008.1.2.1.99", "Deflated Explicit VR Little Endian", Some(Codec::Native)) },
    explicit("1.2.840.10008.1.2.8.1", "Deflated Image Frame Compression", Some(Codec::DeflatedFrames)),
    explicit("1.2.840.10008.1.2.5", "RLE Lossless", Some(Codec::Rle)),
    explicit("1.2.840.10008.1.2.4.50", "JPEG Baseline (Process 1)", Some(Codec::Jpeg)),
    explicit("1.2.840.10008.1.2.4.51", "JPEG Extended (Process 2 & 4)", Some(Codec::Jpeg)),
    explicit("1.2.840.10008.1.2.4.57", "JPEG Lossless, Non-Hierarchical (Process 14)", Some(Codec::Jpeg)),
    explicit("1.2.840.10008.1.2.4.70", "JPEG Lossless, Non-Hierarchical, First-Order Prediction", Some(Codec::Jpeg)),
    explicit("1.2.840.10008.1.2.4.80", "JPEG-LS Lossless", Some(Codec::JpegLs)),
    explicit("1.2.840.10008.1.2.4.81", "JPEG-LS Lossy (Near-Lossless)", Some(Codec::JpegLs)),
    explicit("1.2.840.10008.1.2.4.90", "JPEG 2000 (Lossless Only)", Some(Codec::Jpeg2000)),
    explicit("1.2.840.10008.1.2.4.91", "JPEG 2000", Some(Codec::Jpeg2000)),
    explicit("1.2.840.10008.1.2.4.92", "JPEG 2000 Part 2 Multi-component (Lossless Only)", None),
    explicit("1.2.840.10008.1.2.4.93", "JPEG 2000 Part 2 Multi-component", None),
    explicit("1.2.840.10008.1.2.4.94", "JPIP Referenced", None),
    Syntax { deflated: true, ..explicit("1.2.840.10008.1.2.4.95", "JPIP Referenced Deflate", None) },
    explicit("1.2.840.10008.1.2.4.100", "MPEG2 Main Profile / Main Level", None),
    explicit("1.2.840.10008.1.2.4.101", "MPEG2 Main Profile / High Level", None),
    explicit("1.2.840.10008.1.2.4.102", "MPEG-4 AVC/H.264 High Profile / Level 4.1", None),
    explicit("1.2.840.10008.1.2.4.103", "MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1", None),
    explicit("1.2.840.10008.1.2.4.104", "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video", None),
    explicit("1.2.840.10008.1.2.4.105", "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video", None),
    explicit("1.2.840.10008.1.2.4.106", "MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2", None),
    explicit("1.2.840.10008.1.2.4.107", "HEVC/H.265 Main Profile / Level 5.1", None),
    explicit("1.2.840.10008.1.2.4.108", "HEVC/H.265 Main 10 Profile / Level 5.1", None),
    explicit("1.2.840.10008.1.2.4.110", "JPEG XL Lossless", None),
    explicit("1.2.840.10008.1.2.4.111", "JPEG XL JPEG Recompression", None),
    explicit("1.2.840.10008.1.2.4.112", "JPEG XL", None),
    explicit("1.2.840.10008.1.2.4.201", "High-Throughput JPEG 2000 (Lossless Only)", None),
    explicit("1.2.840.10008.1.2.4.202", "High-Throughput JPEG 2000 with RPCL Options (Lossless Only)", None),
    explicit("1.2.840.10008.1.2.4.203", "High-Throughput JPEG 2000", None),
];
