using System.Collections;

namespace Purser.Ethereum;

/// <summary>Decoded values in the order of their parameters, found by place or by name. See <see cref="AbiType"/> for the type of each.</summary>
public sealed class AbiValues : IReadOnlyList<object>
{
    private readonly IReadOnlyList<AbiParameter> _parameters;
    private readonly object[] _values;

    internal AbiValues(IReadOnlyList<AbiParameter> parameters, object[] values)
    {
        _parameters = parameters;
        _values = values;
    }

    /// <inheritdoc/>
    public int Count => _values.Length;

    /// <inheritdoc/>
    public object this[int index] => _values[index];

    /// <summary>The value of a named parameter.</summary>
    /// <exception cref="KeyNotFoundException">No parameter has this name.</exception>
    public object this[string name]
    {
        get
        {
            for (var i = 0; i < _values.Length; i++)
            {
                if (_parameters[i].Name == name)
                {
                    return _values[i];
                }
            }
            throw new KeyNotFoundException($"There is no parameter '{name}'; there are: {string.Join(", ", _parameters.Select(static p => p.Name))}.");
        }
    }

    /// <summary>The parameters that the values belong to.</summary>
    public IReadOnlyList<AbiParameter> Parameters => _parameters;

    /// <summary>The value at a place, as a <typeparamref name="T"/>.</summary>
    /// <exception cref="InvalidCastException">The parameter's type is carried otherwise.</exception>
    public T Get<T>(int index) => Cast<T>(_values[index], index.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>The value of a named parameter, as a <typeparamref name="T"/>.</summary>
    /// <exception cref="KeyNotFoundException">No parameter has this name.</exception>
    /// <exception cref="InvalidCastException">The parameter's type is carried otherwise.</exception>
    public T Get<T>(string name) => Cast<T>(this[name], name);

    /// <inheritdoc/>
    public IEnumerator<object> GetEnumerator() => ((IEnumerable<object>)_values).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static T Cast<T>(object value, string which) =>
        value is T typed ? typed : throw new InvalidCastException($"Parameter {which} is carried as {value.GetType().Name}, not {typeof(T).Name}.");
}
