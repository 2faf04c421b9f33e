namespace Purser.Ethereum;

/// <summary>
/// What a decoder lets pass beyond the one layout that an encoder of the specification writes. Never let pass, as Solidity does not either:
/// numbers, addresses and booleans with bits outside of their type, bytesN with bytes behind their end, offsets and lengths past the input.
/// </summary>
[Flags]
public enum AbiTolerance
{
    /// <summary>Only the canonical layout: tails in order, without gaps or overlaps, padded with zeros, nothing behind them.</summary>
    None = 0,

    /// <summary>Bytes behind the values: attribution suffixes on calldata, return data longer than declared.</summary>
    TrailingBytes = 1,

    /// <summary>Offsets in any order, gaps and overlaps, padding of <c>bytes</c> and <c>string</c> with any content or cut off at the end. What may be read over and over is bounded.</summary>
    AnyLayout = 2,

    /// <summary>All that a Solidity contract would take.</summary>
    Solidity = TrailingBytes | AnyLayout,
}
