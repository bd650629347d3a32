internal import CryptoAdapter
public import Ports

/// The digests that clients judge contents by.
public enum ContentDigests {
  public static let sha256: any Digest = OpenSSLDigest()
}
