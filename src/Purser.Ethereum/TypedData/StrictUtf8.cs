using System.Text;

namespace Purser.Ethereum;

/// <summary>UTF-8 that refuses what has no such form, where the base library's default would write a replacement character and so sign another text.</summary>
internal static class StrictUtf8
{
    /// <summary>Throws <see cref="EncoderFallbackException"/> and <see cref="DecoderFallbackException"/>; writes no byte order mark.</summary>
    public static UTF8Encoding Encoding { get; } = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
