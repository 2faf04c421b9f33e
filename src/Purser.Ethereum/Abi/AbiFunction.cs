namespace Purser.Ethereum;

/// <summary>A function of a contract.</summary>
public sealed class AbiFunction
{
    private readonly byte[] _selector;

    internal AbiFunction(string name, AbiParameters inputs, AbiParameters outputs)
    {
        Name = name;
        Inputs = inputs;
        Outputs = outputs;
        Signature = name + inputs;
        _selector = AbiSelector.Of(Signature);
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The parameters.</summary>
    public AbiParameters Inputs { get; }

    /// <summary>The results; empty when none are declared.</summary>
    public AbiParameters Outputs { get; }

    /// <summary>The canonical signature, such as <c>transfer(address,uint256)</c>.</summary>
    public string Signature { get; }

    /// <summary>The first 4 bytes of the signature's Keccak-256, with which calldata starts.</summary>
    public ReadOnlySpan<byte> Selector => _selector;

    /// <summary>
    /// Parses <c>function transfer(address to, uint256 value) returns (bool)</c>; the keyword, names, visibility and mutability may be left out,
    /// and tuples are written <c>(…)</c> or <c>tuple(…)</c>.
    /// </summary>
    /// <exception cref="AbiException">The text is no such signature; the message gives the character's offset.</exception>
    public static AbiFunction Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (name, inputs, outputs, _) = AbiSignatureParser.ParseItem(text, "function");
        return new(name, new(inputs), new(outputs));
    }

    /// <summary>Whether the calldata starts with this function's selector.</summary>
    public bool Matches(ReadOnlySpan<byte> calldata) => calldata.StartsWith(_selector);

    /// <summary>The calldata of a call: the selector and the arguments.</summary>
    /// <exception cref="AbiException">A value does not fit its type, or their number is wrong; the message names the parameter.</exception>
    public byte[] Encode(params object?[] arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        return Inputs.EncodeAfter(_selector, arguments);
    }

    /// <summary>The arguments of calldata.</summary>
    /// <exception cref="AbiException">Another selector, or arguments that are refused; the message names rule and offset.</exception>
    public AbiValues DecodeInput(ReadOnlySpan<byte> calldata, AbiTolerance tolerance = AbiTolerance.None) =>
        Matches(calldata) ? Inputs.Decode(calldata[4..], 4, tolerance) : throw new AbiException($"The calldata does not start with {Signature}'s selector.", 0);

    /// <summary>The results of a call's return data.</summary>
    /// <exception cref="AbiException">The bytes are refused; the message names rule and offset.</exception>
    public AbiValues DecodeOutput(ReadOnlySpan<byte> returnData, AbiTolerance tolerance = AbiTolerance.None) => Outputs.Decode(returnData, tolerance);

    /// <summary>The canonical signature.</summary>
    public override string ToString() => Signature;
}
