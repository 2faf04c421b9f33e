namespace Purser.Ethereum;

/// <summary>A custom error of a contract.</summary>
public sealed class AbiError
{
    private readonly byte[] _selector;

    internal AbiError(string name, AbiParameters inputs)
    {
        Name = name;
        Inputs = inputs;
        Signature = name + inputs;
        _selector = AbiSelector.Of(Signature);
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The parameters.</summary>
    public AbiParameters Inputs { get; }

    /// <summary>The canonical signature, such as <c>InsufficientBalance(uint256,uint256)</c>.</summary>
    public string Signature { get; }

    /// <summary>The first 4 bytes of the signature's Keccak-256, with which revert data starts.</summary>
    public ReadOnlySpan<byte> Selector => _selector;

    /// <summary>Parses <c>error InsufficientBalance(uint256 available, uint256 required)</c>; keyword and names may be left out.</summary>
    /// <exception cref="AbiException">The text is no such signature; the message gives the character's offset.</exception>
    public static AbiError Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (name, inputs, _, _) = AbiSignatureParser.ParseItem(text, "error");
        return new(name, new(inputs));
    }

    /// <summary>Whether the revert data starts with this error's selector.</summary>
    public bool Matches(ReadOnlySpan<byte> revertData) => revertData.StartsWith(_selector);

    /// <summary>The revert data: the selector and the values.</summary>
    /// <exception cref="AbiException">A value does not fit its type, or their number is wrong; the message names the parameter.</exception>
    public byte[] Encode(params object?[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return Inputs.EncodeAfter(_selector, values);
    }

    /// <summary>The values of revert data.</summary>
    /// <exception cref="AbiException">Another selector, or values that are refused; the message names rule and offset.</exception>
    public AbiValues Decode(ReadOnlySpan<byte> revertData, AbiTolerance tolerance = AbiTolerance.None) =>
        Matches(revertData) ? Inputs.Decode(revertData[4..], 4, tolerance) : throw new AbiException($"The data does not start with {Signature}'s selector.", 0);

    /// <summary>The canonical signature.</summary>
    public override string ToString() => Signature;
}
