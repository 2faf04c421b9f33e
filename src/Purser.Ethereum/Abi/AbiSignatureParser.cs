namespace Purser.Ethereum;

/// <summary>
/// Reads human-readable signatures, such as <c>function transfer(address to, uint256 value) returns (bool)</c>.
/// A scanner over the text that goes as deep as types may nest and refuses all else with the character's offset.
/// </summary>
internal ref struct AbiSignatureParser
{
    private const int MaxLength = 16 * 1024;

    private static readonly HashSet<string> s_modifiers = new(StringComparer.Ordinal)
    {
        "external", "public", "internal", "private", "view", "pure", "payable", "nonpayable", "virtual", "override", "constant",
    };

    private static readonly HashSet<string> s_locations = new(StringComparer.Ordinal) { "memory", "calldata", "storage" };

    private readonly ReadOnlySpan<char> _text;
    private int _at;
    private int _depth;

    private AbiSignatureParser(ReadOnlySpan<char> text)
    {
        if (text.Length > MaxLength)
        {
            throw new AbiException($"The signature has more than {MaxLength} characters.");
        }
        _text = text;
    }

    internal static AbiType ParseType(string text)
    {
        var parser = new AbiSignatureParser(text);
        var type = parser.Type();
        parser.End();
        return type;
    }

    // The brackets behind a type whose element was read elsewhere: "", "[]", "[2][]".
    internal static AbiType ParseDimensions(AbiType element, string text)
    {
        var parser = new AbiSignatureParser(text);
        var type = element;
        while (parser.Take('['))
        {
            type = new AbiType.Array(type, parser.ArrayLength());
        }
        parser.End();
        return type;
    }

    internal static IReadOnlyList<AbiParameter> ParseParameters(string text)
    {
        var parser = new AbiSignatureParser(text);
        var parameters = parser.Parameters(indexed: false);
        parser.End();
        return parameters;
    }

    // keyword: "function", "event" or "error"; it may be left out of the text.
    internal static (string Name, IReadOnlyList<AbiParameter> Inputs, IReadOnlyList<AbiParameter> Outputs, bool Anonymous) ParseItem(string text, string keyword)
    {
        var parser = new AbiSignatureParser(text);
        var name = parser.Word("a name");
        if (name == keyword && !parser.NextIs('('))
        {
            name = parser.Word("a name");
        }
        var inputs = parser.Parameters(indexed: keyword == "event");
        IReadOnlyList<AbiParameter> outputs = [];
        var anonymous = false;
        while (!parser.AtEnd())
        {
            var at = parser._at;
            var word = parser.Word("a modifier");
            if (word == "returns" && keyword == "function" && outputs.Count == 0)
            {
                outputs = parser.Parameters(indexed: false);
            }
            else if (word == "anonymous" && keyword == "event" && !anonymous)
            {
                anonymous = true;
            }
            else if (keyword != "function" || !s_modifiers.Contains(word))
            {
                throw new AbiException($"'{word}' has no place here.", at);
            }
        }
        return (name, inputs, outputs, anonymous);
    }

    private void Space()
    {
        while (_at < _text.Length && _text[_at] is ' ' or '\t' or '\r' or '\n')
        {
            _at++;
        }
    }

    private bool AtEnd()
    {
        // The semicolon with which the line stands in Solidity.
        if (Take(';'))
        {
            End();
        }
        return _at == _text.Length;
    }

    private void End()
    {
        Space();
        if (_at != _text.Length)
        {
            throw new AbiException($"'{_text[_at]}' has no place here.", _at);
        }
    }

    private bool NextIs(char c)
    {
        Space();
        return _at < _text.Length && _text[_at] == c;
    }

    private bool Take(char c)
    {
        if (!NextIs(c))
        {
            return false;
        }
        _at++;
        return true;
    }

    private void Expect(char c)
    {
        if (!Take(c))
        {
            throw new AbiException($"Expected '{c}'.", _at);
        }
    }

    private bool NextIsWord()
    {
        Space();
        return _at < _text.Length && IsWordStart(_text[_at]);
    }

    private string Word(string what)
    {
        if (!NextIsWord())
        {
            throw new AbiException($"Expected {what}.", _at);
        }
        var from = _at;
        while (_at < _text.Length && (IsWordStart(_text[_at]) || char.IsAsciiDigit(_text[_at])))
        {
            _at++;
        }
        return new string(_text[from.._at]);
    }

    private static bool IsWordStart(char c) => char.IsAsciiLetter(c) || c is '_' or '$';

    private List<AbiParameter> Parameters(bool indexed)
    {
        Expect('(');
        var parameters = new List<AbiParameter>();
        if (Take(')'))
        {
            return parameters;
        }
        do
        {
            parameters.Add(Parameter(indexed));
        }
        while (Take(','));
        Expect(')');
        return parameters;
    }

    private AbiParameter Parameter(bool indexed)
    {
        var type = Type();
        var isIndexed = false;
        var name = "";
        while (NextIsWord())
        {
            var at = _at;
            var word = Word("a name");
            if (word == "indexed" && indexed && !isIndexed && name.Length == 0)
            {
                isIndexed = true;
            }
            else if (name.Length == 0 && !s_locations.Contains(word))
            {
                name = word;
            }
            else if (name.Length != 0 || !s_locations.Contains(word))
            {
                throw new AbiException($"'{word}' has no place here.", at);
            }
        }
        return new(type, name, isIndexed);
    }

    private AbiType Type()
    {
        Space();
        var at = _at;
        AbiType type;
        if (NextIs('('))
        {
            type = Tuple();
        }
        else
        {
            var word = Word("a type");
            if (word == "tuple" && NextIs('('))
            {
                type = Tuple();
            }
            else
            {
                type = AbiType.Elementary(word) ?? throw new AbiException($"'{word}' is not a type of the ABI.", at);
            }
            if (word == "address" && NextIsWord())
            {
                // "address payable" is the same type.
                var before = _at;
                if (Word("a name") != "payable")
                {
                    _at = before;
                }
            }
        }
        while (Take('['))
        {
            type = new AbiType.Array(type, ArrayLength());
        }
        return type;
    }

    private AbiType.Tuple Tuple()
    {
        var at = _at;
        // The bound holds the recursion; the type's own depth is checked when it is made.
        if (++_depth > AbiType.MaxDepth)
        {
            throw new AbiException($"Tuples are nested deeper than {AbiType.MaxDepth}.", at);
        }
        var components = Parameters(indexed: false);
        _depth--;
        return components.Count > 0 ? new(components) : throw new AbiException("A tuple has at least one member.", at);
    }

    private int? ArrayLength()
    {
        Space();
        var from = _at;
        while (_at < _text.Length && char.IsAsciiDigit(_text[_at]))
        {
            _at++;
        }
        var digits = _text[from.._at];
        Expect(']');
        if (digits.IsEmpty)
        {
            return null;
        }
        return AbiType.TrySize(digits, out var length) ? length : throw new AbiException("An array's length is a number from 1, without leading zeros.", from);
    }
}
