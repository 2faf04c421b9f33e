using System.Collections;

namespace Purser.Ethereum;

/// <summary>A list of parameters: of a function, its results, a constructor, an error. Encodes and decodes values of theirs.</summary>
public sealed class AbiParameters : IReadOnlyList<AbiParameter>
{
    private readonly IReadOnlyList<AbiParameter> _parameters;

    internal AbiParameters(IReadOnlyList<AbiParameter> parameters)
    {
        if (parameters.Sum(static p => (long)p.Type.HeadSize) > AbiType.MaxHeadSize)
        {
            throw new AbiException($"The parameters need more than {AbiType.MaxHeadSize} bytes.");
        }
        _parameters = parameters;
    }

    /// <summary>Parses a parenthesised list, such as <c>(address owner, uint256[] amounts)</c>.</summary>
    /// <exception cref="AbiException">The text is no such list.</exception>
    public static AbiParameters Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new(AbiSignatureParser.ParseParameters(text));
    }

    /// <inheritdoc/>
    public int Count => _parameters.Count;

    /// <inheritdoc/>
    public AbiParameter this[int index] => _parameters[index];

    /// <summary>Encodes one value per parameter; no selector. For a deployment append this to the creation code.</summary>
    /// <param name="values">See <see cref="AbiType"/> for what is taken; numbers of any .NET integer type in range, tuples also as <see cref="System.Runtime.CompilerServices.ITuple"/> or array of objects.</param>
    /// <exception cref="AbiException">A value does not fit its type, or their number is wrong; the message names the parameter.</exception>
    public byte[] Encode(params object?[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return AbiEncoder.Encode([], _parameters, values);
    }

    /// <summary>Decodes; see <see cref="AbiTolerance"/> for what is let pass.</summary>
    /// <exception cref="AbiException">The bytes are refused; the message names rule and offset.</exception>
    public AbiValues Decode(ReadOnlySpan<byte> data, AbiTolerance tolerance = AbiTolerance.None) => Decode(data, 0, tolerance);

    /// <inheritdoc/>
    public IEnumerator<AbiParameter> GetEnumerator() => _parameters.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The canonical list of types, such as <c>(address,uint256[])</c>.</summary>
    public override string ToString() => $"({string.Join(',', _parameters.Select(static p => p.Type.Name))})";

    internal byte[] EncodeAfter(ReadOnlySpan<byte> prefix, object?[] values) => AbiEncoder.Encode(prefix, _parameters, values);

    internal AbiValues Decode(ReadOnlySpan<byte> data, int origin, AbiTolerance tolerance) =>
        new(_parameters, AbiDecoder.Decode(data, origin, _parameters, tolerance));
}
