using System.Text.Json;

namespace Purser.Ethereum;

/// <summary>
/// An EIP-712 message as wallets are handed it: the JSON document of <c>eth_signTypedData_v4</c> with <c>types</c>, <c>primaryType</c>,
/// <c>domain</c> and <c>message</c>. The same meaning laid out by hand: <see cref="Eip712StructWriter"/>.
/// <para>
/// Strict, since a person or a policy decides by what the document says, and other tools must read the same: no member twice, none missing,
/// none that the type does not name; values in the range and length of their type; numbers as decimal or 0x strings, or as JSON integers that
/// every reader of JSON carries exactly. The <c>uint</c> and <c>int</c> aliases are refused, as the standard has none. As in version 4 a struct may be
/// null and then counts as 32 zero bytes, and a type may refer to itself through a dynamic array (<c>Person[] children</c>); one that contains itself
/// otherwise is refused, and nesting is bounded.
/// </para>
/// <para><c>types</c> may leave <c>EIP712Domain</c> out; it then has the members that the domain has, in the standard's order.</para>
/// </summary>
public sealed class TypedData
{
    /// <summary>The largest document, in bytes of UTF-8: 1 MiB.</summary>
    public const int MaxSize = 1024 * 1024;

    private const string DomainType = "EIP712Domain";

    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false, MaxDepth = 128 };

    private readonly byte[] _encodedData;

    private TypedData(JsonElement root)
    {
        var members = TypedDataValues.Members(root, "", ["types", "primaryType", "domain", "message"]);
        Domain = TypedDataDomain.Read(members["domain"]);
        var types = new TypedDataTypes(members["types"], TypedDataDomain.ImpliedMembers(Domain));
        PrimaryType = TypedDataValues.Text(members["primaryType"], "primaryType");
        if (PrimaryType == DomainType)
        {
            throw new TypedDataException("primaryType", "a domain alone is no message");
        }
        if (!types.Contains(PrimaryType))
        {
            throw new TypedDataException("primaryType", $"'{ForeignText.Clean(PrimaryType, 60)}' is not one of the types");
        }
        Message = members["message"];
        if (Message.ValueKind != JsonValueKind.Object)
        {
            throw new TypedDataException("message", "expected an object");
        }
        var values = new TypedDataValues(types);
        EncodedType = types.Encode(PrimaryType);
        // By the type as it was given, whose order of members is the contract's choice.
        DomainSeparator = Keccak256.Hash(values.EncodeStruct(DomainType, members["domain"], "domain"));
        _encodedData = values.EncodeStruct(PrimaryType, Message, "message");
        StructHash = Keccak256.Hash(_encodedData);
    }

    /// <summary>The message's type.</summary>
    public string PrimaryType { get; }

    /// <summary>The domain's members.</summary>
    public Eip712Domain Domain { get; }

    /// <summary>The message's members, already checked against their types.</summary>
    public JsonElement Message { get; }

    /// <summary>The primary type and those that it refers to (<c>encodeType</c>).</summary>
    public string EncodedType { get; }

    /// <summary>The hash of the domain as a struct.</summary>
    public Hash32 DomainSeparator { get; }

    /// <summary>The hash of the message as a struct (<c>hashStruct</c>).</summary>
    public Hash32 StructHash { get; }

    /// <summary>The type's hash and the members' words (<c>encodeData</c>), of which <see cref="StructHash"/> is the hash.</summary>
    public ReadOnlyMemory<byte> EncodedData => _encodedData;

    /// <summary>What is signed.</summary>
    public Hash32 Hash() => Eip712.Digest(DomainSeparator, StructHash);

    /// <summary>Parses a document.</summary>
    /// <exception cref="TypedDataException">The document is refused; the message names the member.</exception>
    public static TypedData Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        if (json.Length > MaxSize)
        {
            throw TooLarge();
        }
        try
        {
            return Parse(StrictUtf8.Encoding.GetBytes(json));
        }
        catch (System.Text.EncoderFallbackException e)
        {
            throw new TypedDataException("The document holds half a surrogate pair.", e);
        }
    }

    /// <summary>Parses a document in UTF-8.</summary>
    /// <exception cref="TypedDataException">The document is refused; the message names the member.</exception>
    public static TypedData Parse(ReadOnlyMemory<byte> utf8Json)
    {
        if (utf8Json.Length > MaxSize)
        {
            throw TooLarge();
        }
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(utf8Json, s_strict);
        }
        catch (JsonException e)
        {
            throw new TypedDataException($"The document is not strict JSON (line {e.LineNumber}, byte {e.BytePositionInLine}).", e);
        }
        catch (InvalidOperationException e)
        {
            // The search for members that stand twice reads their names, and JSON can spell half a surrogate pair in one.
            throw new TypedDataException("A member's name holds half a surrogate pair.", e);
        }
        using (document)
        {
            return new(document.RootElement.Clone());
        }
    }

    private static TypedDataException TooLarge() => new($"The document is larger than {MaxSize} bytes.");
}
