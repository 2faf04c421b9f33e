namespace Purser.Ethereum;

/// <summary>
/// A contract's interface as compilers write it: the JSON ABI (contract ABI specification, "JSON"), alone or as the member <c>abi</c> of a
/// build artefact. Overloads are told apart by their canonical signature.
/// </summary>
public sealed class AbiContract
{
    /// <summary>The largest document, in bytes of UTF-8: 16 MiB, since artefacts carry bytecode and syntax trees.</summary>
    public const int MaxSize = 16 * 1024 * 1024;

    internal AbiContract(AbiParameters constructor, IReadOnlyList<AbiFunction> functions, IReadOnlyList<AbiEvent> events, IReadOnlyList<AbiError> errors)
    {
        Constructor = constructor;
        Functions = functions;
        Events = events;
        Errors = errors;
    }

    /// <summary>The constructor's parameters; empty when it has none.</summary>
    public AbiParameters Constructor { get; }

    /// <summary>The functions, in the document's order.</summary>
    public IReadOnlyList<AbiFunction> Functions { get; }

    /// <summary>The events, in the document's order.</summary>
    public IReadOnlyList<AbiEvent> Events { get; }

    /// <summary>The custom errors, in the document's order; <see cref="RevertReason.Decode"/> takes them.</summary>
    public IReadOnlyList<AbiError> Errors { get; }

    /// <summary>Parses a JSON ABI or a build artefact. Members that the standard does not name are passed over, as compilers add theirs.</summary>
    /// <exception cref="AbiException">The document is refused: not JSON, a member twice, an entry or type of another form; the message names the entry.</exception>
    public static AbiContract Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return json.Length <= MaxSize ? AbiJson.Read(StrictBytes(json)) : throw AbiJson.TooLarge();
    }

    /// <summary>Parses in UTF-8.</summary>
    /// <exception cref="AbiException">As for text.</exception>
    public static AbiContract Parse(ReadOnlyMemory<byte> utf8Json) => AbiJson.Read(utf8Json);

    /// <summary>The function of a name, or of a canonical signature such as <c>transfer(address,uint256)</c>.</summary>
    /// <exception cref="KeyNotFoundException">There is none, or the name has overloads.</exception>
    public AbiFunction Function(string nameOrSignature) => Find(Functions, nameOrSignature, "function", static f => f.Name, static f => f.Signature);

    /// <summary>The event of a name or canonical signature.</summary>
    /// <exception cref="KeyNotFoundException">There is none, or the name has overloads.</exception>
    public AbiEvent Event(string nameOrSignature) => Find(Events, nameOrSignature, "event", static e => e.Name, static e => e.Signature);

    /// <summary>The custom error of a name or canonical signature.</summary>
    /// <exception cref="KeyNotFoundException">There is none, or the name has overloads.</exception>
    public AbiError Error(string nameOrSignature) => Find(Errors, nameOrSignature, "error", static e => e.Name, static e => e.Signature);

    private static T Find<T>(IReadOnlyList<T> all, string wanted, string kind, Func<T, string> name, Func<T, string> signature)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        var found = all.Where(item => wanted.Contains('(', StringComparison.Ordinal) ? signature(item) == wanted : name(item) == wanted).ToArray();
        return found.Length switch
        {
            1 => found[0],
            0 => throw new KeyNotFoundException($"There is no {kind} '{wanted}'."),
            _ => throw new KeyNotFoundException($"There are several {kind}s '{wanted}': {string.Join(", ", found.Select(signature))}."),
        };
    }

    private static byte[] StrictBytes(string json)
    {
        try
        {
            return StrictUtf8.Encoding.GetBytes(json);
        }
        catch (System.Text.EncoderFallbackException e)
        {
            throw new AbiException("The document holds half a surrogate pair.", e);
        }
    }
}
