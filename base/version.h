/* The version that --version prints, packages carry and stored records may name. */
#ifndef WARUNG_BASE_VERSION_H
#define WARUNG_BASE_VERSION_H

#define WARUNG_VERSION "0.1.0"

#endif
