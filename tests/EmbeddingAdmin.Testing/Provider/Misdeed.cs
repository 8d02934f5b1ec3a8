namespace EmbeddingAdmin.Testing.Provider;

/// <summary>How the vectors of an answer with status 200, or what stands around them, are spoilt.</summary>
public enum Misdeed
{
    None,

    /// <summary>The last text's vector comes first; the indices are right.</summary>
    ReverseOrder,
    NoIndex,
    RepeatedIndex,

    /// <summary>An index as large as the number of texts.</summary>
    IndexTooLarge,
    NegativeIndex,
    Fewer,
    More,
    NullElement,
    NotANumber,
    Infinite,
    NegativeInfinite,

    /// <summary><c>1e39</c> among JSON numbers: more than a float holds.</summary>
    TooLargeNumber,

    /// <summary><c>null</c> among JSON numbers.</summary>
    NullNumber,

    /// <summary>A string among JSON numbers.</summary>
    StringNumber,

    /// <summary><c>NaN</c> among JSON numbers, which makes it no JSON.</summary>
    LiteralNaN,
    Zero,

    /// <summary><c>[]</c> as vector.</summary>
    EmptyVector,
    HalfTheDimensions,

    /// <summary>768 dimensions, whatever was asked for.</summary>
    Dimensions768,

    /// <summary>Numbers of eight bytes each in base64, so that there seem to be twice as many.</summary>
    Doubles,

    /// <summary>A byte is missing from the base64.</summary>
    OddBytes,
    NotBase64,

    /// <summary>JSON numbers instead of base64.</summary>
    Floats,
    NoUsage,
    NoModel,

    /// <summary>Every text gets the first text's vector.</summary>
    SameVectors,

    /// <summary>Only the last text gets the first text's vector.</summary>
    TwoSameVectors,
    NotUnit,

    /// <summary>Every text is cut after 16 tokens; vector and usage are those of what is left.</summary>
    TextsCut,
    OtherModel,
}

/// <summary>How an answer goes over the wire.</summary>
public enum Delivery
{
    Whole,

    /// <summary>The connection is dropped before an answer begins.</summary>
    Dropped,

    /// <summary>The connection is dropped in the middle of the body.</summary>
    CutShort,

    /// <summary>The headers at once, then a byte every tenth of a second.</summary>
    Drip,

    /// <summary>Nothing comes until the script is cleared.</summary>
    Hang,

    /// <summary>50 MB follow the body, and the headers say so.</summary>
    Huge,

    /// <summary>50 MB follow the body, and no header says so.</summary>
    HugeUnannounced,
}
