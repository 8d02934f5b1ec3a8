namespace EmbeddingAdmin;

/// <summary>The settings of section <c>Database</c>: how the database of <c>ConnectionStrings:Postgres</c> is treated.</summary>
public sealed class DatabaseOptions
{
    /// <summary>Name of the section in the settings.</summary>
    public const string Section = "Database";

    /// <summary>Whether the schema <c>embedding_admin</c> is made without asking. Without it an operator confirms host and database first.</summary>
    public bool AutoMigrate { get; set; }

    /// <summary>A file with the certificate (PEM) that the server's certificate is checked against; null when it is not checked.</summary>
    public string? RootCertificate { get; set; }

    /// <summary>The path of <see cref="RootCertificate"/>, which may be relative to the content root; null when none is set.</summary>
    public string? RootCertificateIn(string contentRoot) => string.IsNullOrWhiteSpace(RootCertificate) ? null : Path.Combine(contentRoot, RootCertificate.Trim());
}
