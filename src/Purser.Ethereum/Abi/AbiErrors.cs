using System.Buffers.Binary;
using System.Collections.Frozen;

namespace Purser.Ethereum;

/// <summary>
/// The custom errors of the contracts that one talks to, found by selector. Several errors may share a selector (it has 4 bytes):
/// the first whose values fit the data explains it. Immutable.
/// </summary>
public sealed class AbiErrors
{
    private readonly FrozenDictionary<uint, AbiError[]> _bySelector;

    /// <summary>Makes a registry.</summary>
    /// <param name="errors">The errors; one that is given twice counts once.</param>
    public AbiErrors(params IEnumerable<AbiError> errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        _bySelector = errors.DistinctBy(static e => e.Signature).GroupBy(static e => BinaryPrimitives.ReadUInt32BigEndian(e.Selector))
            .ToFrozenDictionary(static g => g.Key, static g => g.ToArray());
    }

    /// <summary>Knows no custom errors.</summary>
    public static AbiErrors Empty { get; } = new();

    /// <summary>Parses signatures such as <c>error InsufficientBalance(uint256 available, uint256 required)</c>.</summary>
    /// <exception cref="AbiException">A text is no such signature.</exception>
    public static AbiErrors Parse(params IEnumerable<string> signatures)
    {
        ArgumentNullException.ThrowIfNull(signatures);
        return new(signatures.Select(AbiError.Parse));
    }

    /// <summary>Explains revert data. Never throws for what a contract wrote.</summary>
    public RevertReason Explain(ReadOnlySpan<byte> revertData)
    {
        if (revertData.Length >= 4 && _bySelector.TryGetValue(BinaryPrimitives.ReadUInt32BigEndian(revertData), out var errors))
        {
            foreach (var error in errors)
            {
                if (RevertReason.Decode(revertData, error) is RevertReason.Custom reason)
                {
                    return reason;
                }
            }
        }
        return RevertReason.Decode(revertData);
    }
}
